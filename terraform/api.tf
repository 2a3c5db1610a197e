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

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.faceprint.id
  stage_name  = aws_api_gateway_stage.faceprint.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled    = true
    logging_level      = var.debug_mode ? "INFO" : var.logging_level
    data_trace_enabled = var.debug_mode
  }

  depends_on = [aws_api_gateway_account.logging, aws_cloudwatch_log_group.execution]
}

resource "aws_api_gateway_api_key" "client" {
  name        = local.shared
  description = "Opens every route of ${local.shared}"
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
