# API Gateway gets every route of api/openapi.yaml, each with the function that runs it.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "routes" {
  command = plan

  assert {
    condition     = toset([for path in keys(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : replace(path, "+}", "}")]) == toset(keys(local.contract.paths))
    error_message = "The deployed paths must be those of the contract."
  }

  assert {
    condition     = alltrue([for path in keys(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : strcontains(path, "{filename}") == false && (strcontains(path, "filename") ? endswith(path, "/{filename+}") : true)])
    error_message = "A photo's name may span segments: {filename+}."
  }

  assert {
    condition = toset(flatten([
      for path, item in jsondecode(aws_api_gateway_rest_api.faceprint.body).paths : [for method, operation in item : "${method} ${replace(path, "+}", "}")} ${operation.operationId}" if can(operation.operationId)]
      ])) == toset(flatten([
      for path, item in local.contract.paths : [for method, operation in item : "${method} ${path} ${operation.operationId}" if can(operation.operationId)]
    ]))
    error_message = "Every operation of the contract must be deployed under its method and path, and no other."
  }

  assert {
    condition = merge(flatten([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : [for operation in values(item) : { (operation.operationId) = operation["x-amazon-apigateway-integration"].uri } if can(operation.operationId)]
      ])...) == merge(flatten([
      for name, function in local.functions : [
        for operation in try(function.operations, []) : { (operation) = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:mock_${name}/invocations" }
      ]
    ])...)
    error_message = "Every operation must be run by the function that lists it in lambdas/functions.yaml."
  }

  assert {
    condition = alltrue(flatten([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : [
        for operation in values(item) : operation["x-amazon-apigateway-integration"].type == "aws_proxy" && operation["x-amazon-apigateway-integration"].httpMethod == "POST" && operation["x-amazon-apigateway-integration"].timeoutInMillis == 29000
        if can(operation.operationId)
      ]
    ]))
    error_message = "Functions must get whole requests, by POST, and 29 seconds."
  }

  assert {
    condition = toset(flatten([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : [for operation in values(item) : operation.operationId if can(operation.operationId) && operation.security == []]
    ])) == toset(["getContract", "getHealth"])
    error_message = "Only /health and /openapi.json may answer without a key."
  }

  assert {
    condition = alltrue(flatten([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : [for operation in values(item) : jsonencode(operation.security) == "[{\"api_key\":[]}]" if try(!contains(["getContract", "getHealth"], operation.operationId), false)]
    ]))
    error_message = "Every other operation must want the key."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.faceprint.body).components.securitySchemes.api_key == { type = "apiKey", name = "x-api-key", in = "header" } && jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-api-key-source"] == "HEADER"
    error_message = "The key must be read from the header x-api-key."
  }

  assert {
    condition = alltrue(flatten([
      for path, item in jsondecode(aws_api_gateway_rest_api.faceprint.body).paths : [for operation in values(item) : sort(operation.parameters[*].name) == sort(flatten(regexall("\\{(\\w+)\\+?\\}", path)))]
    ]))
    error_message = "Every method must declare the parameters of its path."
  }
}

run "refusals" {
  command = plan

  assert {
    condition = alltrue([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) :
      item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].type == "mock"
      && item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.statusCode == "405"
      && item["x-amazon-apigateway-any-method"].security == []
    ])
    error_message = "Every path must answer other methods with 405."
  }

  assert {
    condition = alltrue([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) :
      toset(split(", ", trim(item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Allow"], "'")))
      == toset([for method, operation in item : upper(method) if can(operation.operationId)])
    ])
    error_message = "A 405 must name the methods that there are."
  }

  assert {
    condition = alltrue([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) :
      jsondecode(item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.responseTemplates["application/json"]).error == "MethodNotAllowed"
    ])
    error_message = "A 405 must be JSON as every other error is."
  }

  assert {
    condition = (
      jsonencode({ for type, response in jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-gateway-responses"] : type => { for name, value in response : name => value if name != "responseParameters" } })
      == jsonencode({ for type, response in local.contract["x-amazon-apigateway-gateway-responses"] : type => { for name, value in response : name => value if name != "responseParameters" } })
      && length(setsubtract(["INVALID_API_KEY", "MISSING_AUTHENTICATION_TOKEN", "THROTTLED", "QUOTA_EXCEEDED", "DEFAULT_4XX", "DEFAULT_5XX"], keys(jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-gateway-responses"]))) == 0
    )
    error_message = "API Gateway must word its own refusals as the contract does."
  }

  assert {
    condition = length(local.contract["x-security-headers"]) == 6 && alltrue(flatten([
      for response in concat(
        [for refusal in values(jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-gateway-responses"]) : { prefix = "gatewayresponse.header", parameters = refusal.responseParameters }],
        [for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : { prefix = "method.response.header", parameters = item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].responses.default.responseParameters }],
        ) : [
        for name, value in local.contract["x-security-headers"] : try(response.parameters["${response.prefix}.${name}"] == "'${value}'", false)
      ]
    ]))
    error_message = "Every refusal of API Gateway must carry the security headers of the contract."
  }

  assert {
    condition = alltrue([
      for type, response in local.contract["x-amazon-apigateway-gateway-responses"] : alltrue([
        for name, value in try(response.responseParameters, {}) : jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-gateway-responses"][type].responseParameters[name] == value
      ])
    ])
    error_message = "The contract's own headers, such as Retry-After, must stay."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    error_message = "Photos must arrive as bytes."
  }
}

run "without_origins" {
  command = plan

  assert {
    condition     = alltrue([for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) : !can(item.options)])
    error_message = "No path may answer preflights unless origins are given."
  }

  assert {
    condition     = !strcontains(aws_api_gateway_rest_api.faceprint.body, "Access-Control-Allow-Origin")
    error_message = "No refusal may be open to other origins unless origins are given."
  }
}

run "with_origins" {
  command = plan

  variables {
    cors_allowed_origins = ["https://photos.example.com", "http://localhost:3000"]
  }

  assert {
    condition = alltrue([
      for item in values(jsondecode(aws_api_gateway_rest_api.faceprint.body).paths) :
      strcontains(item.options["x-amazon-apigateway-integration"].uri, ":function:mock_info/") && item.options.security == []
    ])
    error_message = "Every path must answer preflights by the function info, without a key."
  }

  assert {
    condition = alltrue([
      for response in values(jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-gateway-responses"]) :
      try(response.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'", false)
    ])
    error_message = "Pages must be able to read every refusal of API Gateway."
  }

  assert {
    condition = alltrue([
      for type, response in jsondecode(aws_api_gateway_rest_api.faceprint.body)["x-amazon-apigateway-gateway-responses"] :
      jsonencode({ for name, value in response : name => value if name != "responseParameters" })
      == jsonencode({ for name, value in local.contract["x-amazon-apigateway-gateway-responses"][type] : name => value if name != "responseParameters" })
    ])
    error_message = "Origins must not change the refusals themselves."
  }

  assert {
    condition     = one(one(aws_s3_bucket_cors_configuration.images).cors_rule).allowed_origins == toset(var.cors_allowed_origins)
    error_message = "Pages of these origins must reach presigned links, and no other."
  }

  assert {
    condition = alltrue([
      for name, function in module.function : function.configuration.environment.CORS_ALLOWED_ORIGINS == "https://photos.example.com,http://localhost:3000"
      if contains(local.functions[name].environment, "CORS_ALLOWED_ORIGINS")
    ])
    error_message = "The functions must know the origins."
  }
}

run "stage_and_limits" {
  command = plan

  variables {
    stage                         = "beta"
    quota_settings_limit          = 500
    quota_settings_offset         = 2
    quota_settings_period         = "WEEK"
    throttle_settings_burst_limit = 7
    throttle_settings_rate_limit  = 3
  }

  assert {
    condition     = aws_api_gateway_stage.faceprint.stage_name == "beta" && aws_cloudwatch_log_group.execution.name == "API-Gateway-Execution-Logs_mockapi/beta"
    error_message = "The stage must carry its name, and so must its log group."
  }

  assert {
    condition     = aws_api_gateway_stage.faceprint.access_log_settings[0].destination_arn == aws_cloudwatch_log_group.access.arn
    error_message = "Every request must be in the access log."
  }

  assert {
    condition     = one(aws_api_gateway_usage_plan.client.api_stages).stage == "beta" && aws_api_gateway_usage_plan_key.client.key_type == "API_KEY"
    error_message = "The key must open this stage."
  }

  assert {
    condition = (
      one(aws_api_gateway_usage_plan.client.quota_settings).limit == 500
      && one(aws_api_gateway_usage_plan.client.quota_settings).offset == 2
      && one(aws_api_gateway_usage_plan.client.quota_settings).period == "WEEK"
    )
    error_message = "The quota must be as chosen."
  }

  assert {
    condition = (
      one(aws_api_gateway_usage_plan.client.throttle_settings).burst_limit == 7
      && one(aws_api_gateway_usage_plan.client.throttle_settings).rate_limit == 3
    )
    error_message = "The throttle must be as chosen."
  }
}

run "limits_of_routes" {
  command = plan

  assert {
    condition     = toset(keys(aws_api_gateway_method_settings.keyless)) == toset(["health/GET", "openapi.json/GET"])
    error_message = "The routes without a key must have limits of their own."
  }

  assert {
    condition = alltrue([
      for settings in aws_api_gateway_method_settings.keyless : one(settings.settings).throttling_rate_limit == 20 && one(settings.settings).throttling_burst_limit == 20
      && one(settings.settings).logging_level == "ERROR" && settings.method_path != "*/*"
    ])
    error_message = "What needs no key must be limited, and logged like all else."
  }

  assert {
    condition     = one(aws_api_gateway_method_settings.all.settings).throttling_rate_limit == 200 && one(aws_api_gateway_method_settings.all.settings).throttling_burst_limit == 500
    error_message = "Every other route must have the limits of the key."
  }

  assert {
    condition     = !one(aws_api_gateway_method_settings.all.settings).metrics_enabled && alltrue([for settings in aws_api_gateway_method_settings.keyless : !one(settings.settings).metrics_enabled])
    error_message = "Metrics of each route cost, and must be asked for."
  }
}

run "metrics_of_routes" {
  command = plan

  variables {
    aws_apigateway_detailed_metrics = true
  }

  assert {
    condition     = one(aws_api_gateway_method_settings.all.settings).metrics_enabled && alltrue([for settings in aws_api_gateway_method_settings.keyless : one(settings.settings).metrics_enabled])
    error_message = "aws_apigateway_detailed_metrics must measure every route."
  }
}
