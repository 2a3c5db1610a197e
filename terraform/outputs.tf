output "api_apigateway_url" {
  description = "Where the API answers: append /index/photo.jpg, /search and so on."
  value       = aws_api_gateway_stage.faceprint.invoke_url
}

output "api_custom_apigateway_url" {
  description = "The same under the custom domain; null without one."
  value       = var.aws_apigateway_create_custom_domain ? "https://${local.domain_name}/${var.stage}" : null

  depends_on = [aws_api_gateway_base_path_mapping.api, aws_route53_record.api]
}

output "api_gateway_api_key" {
  description = "Value of the header x-api-key: terraform output -raw api_gateway_api_key."
  value       = aws_api_gateway_api_key.client.value
  sensitive   = true
}

output "api_gateway_deployment_stage" {
  description = "Stage of the API."
  value       = aws_api_gateway_stage.faceprint.stage_name
}

output "aws_account_id" {
  description = "Account that all of it lies in."
  value       = local.account_id
}

output "aws_region" {
  description = "Region that all of it lies in."
  value       = var.aws_region
}

output "s3_bucket" {
  description = "Bucket of the photos."
  value       = aws_s3_bucket.images.bucket
}

output "dynamodb_table" {
  description = "Table of the faces: SELECT * FROM \"this name\" in PartiQL."
  value       = aws_dynamodb_table.faces.name
}

output "dynamodb_images_table" {
  description = "Table of the photos with status and reason."
  value       = aws_dynamodb_table.images.name
}

output "rekognition_collection" {
  description = "Collection of the faceprints."
  value       = aws_rekognition_collection.faces.collection_id
}

output "sqs_queue" {
  description = "URL of the queue that feeds the index function."
  value       = aws_sqs_queue.index.url
}

output "sqs_dead_letter_queue" {
  description = "URL of the queue of messages that were given up."
  value       = aws_sqs_queue.dead_letter.url
}

output "lambda_functions" {
  description = "Names of the functions, by the names of lambdas/functions.yaml."
  value       = { for name, function in module.function : name => function.name }
}

output "log_groups" {
  description = "Log groups: those of the functions, and the API's access log."
  value       = concat([for function in module.function : function.log_group], [aws_cloudwatch_log_group.access.name])
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.faceprint.dashboard_name
}

output "code_sha256" {
  description = "Hash of the sources that the functions run."
  value       = local.code_sha
}
