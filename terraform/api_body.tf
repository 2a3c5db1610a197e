# What API Gateway imports: the routes of api/openapi.yaml, each with the function that runs it. Schemas stay out, because
# API Gateway knows a part of OpenAPI only and the functions check what they get.
# local_cloud/provision/api_definition.py makes the same document.
locals {
  contract     = yamldecode(file("${path.module}/../api/openapi.yaml"))
  http_methods = ["get", "put", "post", "delete", "patch", "head", "options"]
  preflight    = length(var.cors_allowed_origins) > 0 ? ["options"] : []

  function_of_operation = merge([
    for name, function in local.functions : { for operation in try(function.operations, []) : operation => name }
  ]...)

  # Parameters that span segments. OpenAPI cannot say so; API Gateway spells them {name+}.
  greedy = [for parameter in local.contract.components.parameters : parameter.name if try(parameter["x-greedy"], false)]

  proxy_integration = {
    for name, function in local.functions : name => {
      type                = "aws_proxy"
      httpMethod          = "POST"
      uri                 = "arn:${local.partition}:apigateway:${var.aws_region}:lambda:path/2015-03-31/functions/${module.function[name].arn}/invocations"
      passthroughBehavior = "when_no_match"
      timeoutInMillis     = 29000
    } if function.trigger == "api"
  }

  methods_of_path = {
    for path, item in local.contract.paths : path => [for method in local.http_methods : method if can(item[method])]
  }

  operation_bodies = {
    for path, item in local.contract.paths : path => {
      for method in local.methods_of_path[path] : method => {
        operationId = item[method].operationId
        security    = [for requirement in try(item[method].security, local.contract.security) : { for scheme, scopes in requirement : scheme => scopes }]
        parameters  = local.path_parameters[path]
        responses   = { for status, response in item[method].responses : status => { description = response.description } if status != "default" }

        "x-amazon-apigateway-integration" = local.proxy_integration[local.function_of_operation[item[method].operationId]]
      }
    }
  }

  path_parameters = {
    for path in keys(local.contract.paths) : path => [
      for found in regexall("\\{(\\w+)\\}", path) : { name = found[0], in = "path", required = true, schema = { type = "string" } }
    ]
  }

  preflight_bodies = {
    for path in keys(local.contract.paths) : path => {
      for method in local.preflight : method => {
        security   = []
        parameters = local.path_parameters[path]
        responses  = { "204" = { description = "What pages of other origins may do" } }

        "x-amazon-apigateway-integration" = local.proxy_integration["info"]
      }
    }
  }

  # Without it API Gateway would answer a wrong method as it answers an unknown route.
  refusal_bodies = {
    for path, methods in local.methods_of_path : path => {
      "x-amazon-apigateway-any-method" = {
        security   = []
        parameters = local.path_parameters[path]
        responses = { "405" = {
          description = "This route has other methods"
          headers     = { for name in concat(["Allow"], keys(local.security_headers)) : name => { schema = { type = "string" } } }
        } }

        "x-amazon-apigateway-integration" = {
          type = "mock"
          # Every media type is binary here, and AWS answers 500 where a mock's template meets a binary body, and makes
          # bytes of what the response's template says.
          contentHandling     = "CONVERT_TO_TEXT"
          requestTemplates    = { for type in local.contract["x-refused-media-types"] : type => "{\"statusCode\": 405}" }
          passthroughBehavior = "when_no_templates"
          responses = {
            default = {
              statusCode      = "405"
              contentHandling = "CONVERT_TO_TEXT"
              responseParameters = merge(
                { for name, value in local.security_headers : "method.response.header.${name}" => "'${value}'" },
                { "method.response.header.Allow" = "'${join(", ", [for method in methods : upper(method)])}'" },
              )
              responseTemplates = {
                "application/json" = "{\"error\": \"MethodNotAllowed\", \"description\": \"This route has no $context.httpMethod; it has ${join(", ", [for method in methods : upper(method)])}.\", \"requestId\": \"$context.requestId\"}"
              }
            }
          }
        }
      }
    }
  }

  security_headers = local.contract["x-security-headers"]

  # Of every refusal of API Gateway's own. Those hold nothing that a page of any origin might not read.
  refusal_headers = merge(local.security_headers, length(var.cors_allowed_origins) == 0 ? {} : { "Access-Control-Allow-Origin" = "*" })

  gateway_responses = {
    for type, response in local.contract["x-amazon-apigateway-gateway-responses"] : type => {
      for name, value in merge(response, {
        responseParameters = merge(
          try(response.responseParameters, {}),
          { for name, value in local.refusal_headers : "gatewayresponse.header.${name}" => "'${value}'" },
        )
      }) : name => value
    }
  }

  api_body = jsonencode({
    openapi    = local.contract.openapi
    info       = { title = local.shared, version = local.contract.info.version, description = "Finds people on photos by faceprint" }
    components = { securitySchemes = local.contract.components.securitySchemes }
    paths = {
      for path in keys(local.contract.paths) : replace(path, "/\\{(${join("|", local.greedy)})\\}/", "{$1+}") => merge(
        local.operation_bodies[path], local.preflight_bodies[path], local.refusal_bodies[path]
      )
    }

    "x-amazon-apigateway-api-key-source"     = local.contract["x-amazon-apigateway-api-key-source"]
    "x-amazon-apigateway-binary-media-types" = local.contract["x-amazon-apigateway-binary-media-types"]
    "x-amazon-apigateway-gateway-responses"  = local.gateway_responses
  })
}
