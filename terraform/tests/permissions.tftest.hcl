# Each role may do what lambdas/functions.yaml lists, on resources with names.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "functions" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in function.statements : length(setsubtract(statement.actions, ["rekognition:DetectFaces", "rekognition:CompareFaces"])) == 0
        if contains(statement.resources, "*")
      ]
    ]))
    error_message = "Only Rekognition's DetectFaces and CompareFaces, which look at no resource, may be allowed on every resource."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in function.statements : [for resource in statement.resources : can(regex("^arn:aws:[a-z0-9]+:[a-z0-9-]*:[0-9]*:[^*]*(mock-images/\\*|:\\*)?$", resource)) || resource == "*"]
      ]
    ]))
    error_message = "A resource must be an ARN without wildcards but for the bucket's objects and a log group's streams."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [for statement in function.statements : [for action in statement.actions : can(regex("^[a-z0-9]+:[A-Za-z]+$", action))]]
    ]))
    error_message = "An action must be named in full."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [for statement in function.statements : coalesce(statement.effect, "Allow") == "Allow" && length(coalesce(statement.not_actions, [])) + length(coalesce(statement.not_resources, [])) == 0]
    ]))
    error_message = "Nothing may be allowed by naming what is not."
  }

  assert {
    condition = {
      for name, function in module.function : name => sort(flatten([for statement in function.statements : tolist(statement.actions)]))
      } == {
      for name, function in local.functions : name => sort(flatten(values(function.permissions)))
    }
    error_message = "A role must allow what lambdas/functions.yaml lists and nothing else."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in function.statements : alltrue([
          for action in statement.actions : contains(statement.resources, {
            "objects" = "arn:aws:s3:::mock-images/*", "bucket" = "arn:aws:s3:::mock-images"
          }[strcontains(action, "Object") ? "objects" : "bucket"])
        ]) if anytrue([for action in statement.actions : startswith(action, "s3:")])
      ]
    ]))
    error_message = "What is done to photos must be allowed on this bucket's objects, and listing on the bucket."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in function.statements : length(setsubtract(statement.resources, [aws_dynamodb_table.faces.arn, "${aws_dynamodb_table.faces.arn}/index/by_key", aws_dynamodb_table.images.arn])) == 0
        if anytrue([for action in statement.actions : startswith(action, "dynamodb:")])
      ]
    ]))
    error_message = "Only this deployment's tables may be opened."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in function.statements : statement.resources == toset(["arn:aws:logs:us-east-1:123456789012:log-group:mock:*"])
        if anytrue([for action in statement.actions : startswith(action, "logs:")])
      ]
    ]))
    error_message = "A function may write its own log group alone."
  }
}

run "callers" {
  command = plan

  assert {
    condition     = toset(keys(aws_lambda_permission.api)) == toset([for name, function in local.functions : name if function.trigger == "api"])
    error_message = "API Gateway must be let in to the functions with routes, and to no other."
  }

  assert {
    condition = alltrue([
      for name, permission in aws_lambda_permission.api :
      permission.principal == "apigateway.amazonaws.com" && permission.action == "lambda:InvokeFunction"
      && permission.source_arn == "${aws_api_gateway_rest_api.faceprint.execution_arn}/v1/*" && permission.function_name == "rekognition_${name}"
    ])
    error_message = "Functions must be open to the stage of this API alone."
  }

  assert {
    condition = (
      aws_sqs_queue.index.policy == data.aws_iam_policy_document.bucket_may_send.json
      && one(data.aws_iam_policy_document.bucket_may_send.statement).actions == toset(["sqs:SendMessage"])
      && one(data.aws_iam_policy_document.bucket_may_send.statement).resources == toset(["arn:aws:sqs:us-east-1:123456789012:rekognition-index"])
      && one(one(data.aws_iam_policy_document.bucket_may_send.statement).principals).identifiers == toset(["s3.amazonaws.com"])
    )
    error_message = "S3, and nobody else, may send to the index queue."
  }

  assert {
    condition = {
      for condition in one(data.aws_iam_policy_document.bucket_may_send.statement).condition : condition.variable => "${condition.test} ${one(condition.values)}"
      } == {
      "aws:SourceArn"     = "ArnEquals arn:aws:s3:::rekognition-123456789012"
      "aws:SourceAccount" = "StringEquals 123456789012"
    }
    error_message = "S3 may send for this account's bucket of photos alone."
  }

  assert {
    condition = (
      one(data.aws_iam_policy_document.tls_only.statement).effect == "Deny"
      && one(data.aws_iam_policy_document.tls_only.statement).actions == toset(["s3:*"])
      && one(data.aws_iam_policy_document.tls_only.statement).resources == toset(["arn:aws:s3:::rekognition-123456789012", "arn:aws:s3:::rekognition-123456789012/*"])
      && one(one(data.aws_iam_policy_document.tls_only.statement).principals).identifiers == toset(["*"])
      && one(one(data.aws_iam_policy_document.tls_only.statement).condition).variable == "aws:SecureTransport"
      && one(one(data.aws_iam_policy_document.tls_only.statement).condition).values == tolist(["false"])
    )
    error_message = "The bucket must refuse everybody who comes without TLS."
  }
}

run "api_logging" {
  command = plan

  assert {
    condition     = one(data.aws_iam_policy_document.api_logging.statement).resources == toset(["arn:aws:logs:us-east-1:123456789012:log-group:*"])
    error_message = "API Gateway's role must reach the log groups of this account and region, and nothing else."
  }

  assert {
    condition     = alltrue([for action in one(data.aws_iam_policy_document.api_logging.statement).actions : can(regex("^logs:[A-Za-z]+$", action))])
    error_message = "API Gateway's role must do nothing but log."
  }

  assert {
    condition = (
      aws_iam_role_policy.api_logging[0].policy == data.aws_iam_policy_document.api_logging.json
      && aws_iam_role.api_logging[0].assume_role_policy == data.aws_iam_policy_document.api_trust.json
      && one(one(data.aws_iam_policy_document.api_trust.statement).principals).identifiers == toset(["apigateway.amazonaws.com"])
    )
    error_message = "Only API Gateway may take its role."
  }
}

run "api_logging_of_another_deployment" {
  command = plan

  variables {
    aws_apigateway_manage_account_logging = false
  }

  assert {
    condition     = length(aws_api_gateway_account.logging) + length(aws_iam_role.api_logging) + length(aws_iam_role_policy.api_logging) == 0
    error_message = "A deployment that does not manage the account's logging must leave it alone."
  }
}

run "bounded" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = alltrue([for function in module.function : function.permissions_boundary == var.permissions_boundary]) && aws_iam_role.api_logging[0].permissions_boundary == var.permissions_boundary
    error_message = "Every role must have the boundary that the account demands."
  }
}
