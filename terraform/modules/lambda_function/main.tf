resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "What the function ${var.name} may do"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  permissions_boundary = var.permissions_boundary
}

# By this detour, as Terraform reads a data source that refers to a resource only when no change of that is pending.
locals {
  log_group_arn = aws_cloudwatch_log_group.this.arn
}

data "aws_iam_policy_document" "permissions" {
  dynamic "statement" {
    for_each = var.statements

    content {
      sid       = replace(title(replace(statement.value.sid, "_", " ")), " ", "")
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  statement {
    sid       = "LogGroup"
    actions   = var.log_actions
    resources = ["${local.log_group_arn}:*"]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "permissions"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.permissions.json
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = var.description
  role             = aws_iam_role.this.arn
  handler          = var.handler
  runtime          = var.runtime
  architectures    = [var.architecture]
  memory_size      = var.memory_size
  timeout          = var.timeout
  filename         = var.code_zip
  source_code_hash = base64encode(var.code_sha)
  layers           = var.layers

  environment {
    variables = var.environment
  }

  # Lambda would make a log group of its own, without an end to its retention, and run without permissions.
  # The archive is waited for here: a depends_on of the whole module would hide what becomes of role and policy.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this, var.code_built]
}
