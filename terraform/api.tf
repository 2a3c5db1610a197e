resource "aws_api_gateway_rest_api" "faceprint" {
  name        = local.shared
  description = "Finds people on photos by faceprint"
  body        = local.api_body

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "faceprint" {
  rest_api_id = aws_api_gateway_rest_api.faceprint.id
  triggers    = { body = sha256(local.api_body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "faceprint" {
  rest_api_id   = aws_api_gateway_rest_api.faceprint.id
  deployment_id = aws_api_gateway_deployment.faceprint.id
  stage_name    = var.stage

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # The names of the local gateway's access log.
    format = jsonencode({
      requestTime     = "$context.requestTime"
      requestId       = "$context.requestId"
      ip              = "$context.identity.sourceIp"
      httpMethod      = "$context.httpMethod"
      resourcePath    = "$context.resourcePath"
      status          = "$context.status"
      error           = "$context.error.responseType"
      responseLength  = "$context.responseLength"
      responseLatency = "$context.responseLatency"
    })
  }

  depends_on = [aws_api_gateway_account.logging]

  # AWS does not let go of a stage that a domain or a usage plan leads to: with another name they change over first.
  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # Routes without a key, as API Gateway's settings of a stage name them.
  keyless_methods = toset(flatten([
    for path, methods in local.operation_bodies : [
      for method, operation in methods : "${replace(trimprefix(path, "/"), "/", "~1")}/${upper(method)}" if length(operation.security) == 0
    ]
  ]))

  # A method's own settings replace those of "*/*" as a whole, so each gets all of them.
  method_settings = {
    metrics_enabled    = var.aws_apigateway_detailed_metrics
    logging_level      = var.debug_mode ? "INFO" : var.logging_level
    data_trace_enabled = var.debug_mode
  }
}

# The limits of the one key for each route: what asks without a key, a wrong method or a preflight, gets no more.
resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.faceprint.id
  stage_name  = aws_api_gateway_stage.faceprint.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = local.method_settings.metrics_enabled
    logging_level          = local.method_settings.logging_level
    data_trace_enabled     = local.method_settings.data_trace_enabled
    throttling_rate_limit  = var.throttle_settings_rate_limit
    throttling_burst_limit = var.throttle_settings_burst_limit
  }

  depends_on = [aws_api_gateway_account.logging, aws_cloudwatch_log_group.execution]
}

# Anybody may call these, and their function shares the account's concurrency with all others.
resource "aws_api_gateway_method_settings" "keyless" {
  for_each = local.keyless_methods

  rest_api_id = aws_api_gateway_rest_api.faceprint.id
  stage_name  = aws_api_gateway_stage.faceprint.stage_name
  method_path = each.key

  settings {
    metrics_enabled        = local.method_settings.metrics_enabled
    logging_level          = local.method_settings.logging_level
    data_trace_enabled     = local.method_settings.data_trace_enabled
    throttling_rate_limit  = var.keyless_rate_limit
    throttling_burst_limit = ceil(var.keyless_rate_limit)
  }

  # API Gateway changes one stage at a time.
  depends_on = [aws_api_gateway_method_settings.all]
}

resource "aws_api_gateway_api_key" "client" {
  name        = local.shared
  description = "Opens every route of ${local.shared}"
}

locals {
  # What API Gateway takes as a quota's offset. Its reference speaks of requests, but these limits are days of a period.
  last_quota_offset = { DAY = 0, WEEK = 6, MONTH = 27 }
  days_of_period    = { DAY = 1, WEEK = 7, MONTH = 30 }
}

check "throttle" {
  assert {
    condition     = var.throttle_settings_burst_limit >= min(var.throttle_settings_rate_limit, 5000)
    error_message = "throttle_settings_burst_limit = ${var.throttle_settings_burst_limit} is less than a second of throttle_settings_rate_limit = ${var.throttle_settings_rate_limit}: clients that send a second's requests together get 429. Raise the burst or lower the rate, unless that is meant."
  }

  assert {
    condition     = var.quota_settings_limit <= var.throttle_settings_rate_limit * 86400 * local.days_of_period[var.quota_settings_period]
    error_message = "quota_settings_limit = ${var.quota_settings_limit} is more than throttle_settings_rate_limit = ${var.throttle_settings_rate_limit} a second lets through in a ${var.quota_settings_period}: the quota never takes effect. Lower it, or raise the rate."
  }
}

resource "aws_api_gateway_usage_plan" "client" {
  name        = local.shared
  description = "How much the key of ${local.shared} may ask"

  api_stages {
    api_id = aws_api_gateway_rest_api.faceprint.id
    stage  = aws_api_gateway_stage.faceprint.stage_name
  }

  quota_settings {
    limit  = var.quota_settings_limit
    offset = var.quota_settings_offset
    period = var.quota_settings_period
  }

  throttle_settings {
    burst_limit = var.throttle_settings_burst_limit
    rate_limit  = var.throttle_settings_rate_limit
  }
}

resource "aws_api_gateway_usage_plan_key" "client" {
  usage_plan_id = aws_api_gateway_usage_plan.client.id
  key_id        = aws_api_gateway_api_key.client.id
  key_type      = "API_KEY"
}
