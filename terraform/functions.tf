# The functions of lambdas/functions.yaml, each with a role of its own that may do what is listed there and no more.
module "function" {
  source   = "./modules/lambda_function"
  for_each = local.functions

  name               = "${local.shared}_${each.key}"
  description        = each.value.description
  handler            = each.value.handler
  runtime            = var.lambda_python_runtime
  architecture       = local.architecture
  memory_size        = coalesce(var.lambda_memory_size, each.value.memory)
  timeout            = coalesce(var.lambda_timeout, each.value.timeout)
  environment        = { for variable in each.value.environment : variable => local.facts[local.blueprint.environment[variable]] }
  code_zip           = local.code_zip
  code_sha           = local.code_sha
  code_built         = terraform_data.code.id
  layers             = [aws_lambda_layer_version.dependencies.arn]
  log_retention_days = var.log_retention_days

  statements = [
    for resource, actions in each.value.permissions : { sid = resource, actions = actions, resources = local.permission_resources[resource] }
    if resource != "log_group"
  ]
  log_actions = each.value.permissions.log_group
}

resource "aws_lambda_permission" "api" {
  for_each = { for name, function in local.functions : name => function if function.trigger == "api" }

  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.function[each.key].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.faceprint.execution_arn}/${var.stage}/*"
}
