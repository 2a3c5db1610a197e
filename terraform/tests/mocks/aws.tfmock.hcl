# What AWS would answer, in the form the provider insists on: ARNs that are ARNs, policies that are JSON. Where a test
# asks which of several was taken, each has a name of its own.
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_servicequotas_service_quota" {
  defaults = { value = 1000 }
}

mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}

mock_data "aws_route53_zone" {
  defaults = { zone_id = "Z0ROOT" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:us-east-1:123456789012:mock-alarms" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::mock-images" }
}

mock_resource "aws_rekognition_collection" {
  defaults = { arn = "arn:aws:rekognition:us-east-1:123456789012:collection/mock" }
}

mock_resource "aws_lambda_layer_version" {
  defaults = { arn = "arn:aws:lambda:us-east-1:123456789012:layer:mock:1" }
}

mock_resource "aws_api_gateway_rest_api" {
  defaults = {
    id            = "mockapi"
    execution_arn = "arn:aws:execute-api:us-east-1:123456789012:mockapi"
  }
}

mock_resource "aws_api_gateway_domain_name" {
  defaults = {
    regional_domain_name = "mock.execute-api.us-east-1.amazonaws.com"
    regional_zone_id     = "Z1REGIONAL"
  }
}

mock_resource "aws_route53_record" {
  defaults = { fqdn = "mock.example.com" }
}

mock_resource "aws_acm_certificate" {
  defaults = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/mock"
    domain_validation_options = [{
      domain_name           = "api.mock"
      resource_record_name  = "_proof.api.mock."
      resource_record_type  = "CNAME"
      resource_record_value = "_proof.acm-validations.aws."
    }]
  }
}

override_resource {
  target = aws_sqs_queue.index
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:mock-index", url = "https://sqs.us-east-1.amazonaws.com/123456789012/mock-index" }
}

override_resource {
  target = aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:mock-dead", url = "https://sqs.us-east-1.amazonaws.com/123456789012/mock-dead" }
}

override_resource {
  target = aws_dynamodb_table.faces
  values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/mock-faces" }
}

override_resource {
  target = aws_dynamodb_table.images
  values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/mock-images" }
}

override_resource {
  target = module.function["upload"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:mock_upload" }
}

override_resource {
  target = module.function["index"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:mock_index" }
}

override_resource {
  target = module.function["search"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:mock_search" }
}

override_resource {
  target = module.function["library"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:mock_library" }
}

override_resource {
  target = module.function["info"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:mock_info" }
}

override_data {
  target = data.aws_iam_policy_document.bucket_may_send
  values = { json = "{\"Id\":\"bucket_may_send\"}" }
}

override_data {
  target = data.aws_iam_policy_document.api_trust
  values = { json = "{\"Id\":\"api_trust\"}" }
}

override_data {
  target = data.aws_iam_policy_document.api_logging
  values = { json = "{\"Id\":\"api_logging\"}" }
}
