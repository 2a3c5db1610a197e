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
  timeout            = each.key == "index" ? local.index_timeout : each.value.timeout
  environment        = { for variable in each.value.environment : variable => local.facts[local.blueprint.environment[variable]] }
  code_zip           = local.code_zip
  code_sha           = local.code_sha
  code_built         = terraform_data.code.id
  layers             = [aws_lambda_layer_version.dependencies.arn]
  log_retention_days = var.log_retention_days

  permissions_boundary = var.permissions_boundary

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

check "memory" {
  assert {
    condition     = coalesce(var.lambda_memory_size, 0) <= 3008
    error_message = "New AWS accounts stop at 3008 MB a function: if apply is refused, write lambda_memory_size = 3008 or ask AWS Support for more."
  }

  assert {
    condition     = coalesce(var.lambda_memory_size, 10240) >= max([for function in values(local.functions) : function.memory]...)
    error_message = "lambda_memory_size is less than the ${max([for function in values(local.functions) : function.memory]...)} MB of lambdas/functions.yaml, which hold the largest photos: a function that runs out of memory answers 502."
  }
}

# Not inside the check: Terraform reads what is there again at each apply, so no plan would ever be empty.
data "aws_servicequotas_service_quota" "concurrent_executions" {
  count = var.lambda_check_concurrency ? 1 : 0

  service_code = "lambda"
  quota_code   = "L-B99A9384"
}

check "concurrency" {
  assert {
    condition     = alltrue([for quota in data.aws_servicequotas_service_quota.concurrent_executions : quota.value >= 50])
    error_message = "This account may run ${join("", data.aws_servicequotas_service_quota.concurrent_executions[*].value)} functions at once in ${var.aws_region}: a few waiting uploads use them up, and other requests are refused. Ask for 1000: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region ${var.aws_region}"
  }
}
