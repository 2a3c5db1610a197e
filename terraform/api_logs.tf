resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${local.shared}"
  retention_in_days = var.log_retention_days
}

# API Gateway would make this group itself, to keep for ever.
resource "aws_cloudwatch_log_group" "execution" {
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.faceprint.id}/${var.stage}"
  retention_in_days = var.log_retention_days
}

# One role per account and region, for all of its APIs.
resource "aws_api_gateway_account" "logging" {
  count = var.aws_apigateway_manage_account_logging ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_logging[0].arn

  depends_on = [aws_iam_role_policy.api_logging]
}

data "aws_iam_policy_document" "api_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "api_logging" {
  count = var.aws_apigateway_manage_account_logging ? 1 : 0

  name               = "${local.shared}_api_logging"
  description        = "How API Gateway writes the logs of this account's APIs"
  assume_role_policy = data.aws_iam_policy_document.api_trust.json

  permissions_boundary = var.permissions_boundary
}

# What AWS's managed policy AmazonAPIGatewayPushToCloudWatchLogs allows, on this account's groups alone: the role serves
# every API of the account, and API Gateway tries it on a group of its own.
data "aws_iam_policy_document" "api_logging" {
  statement {
    actions = [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogGroups",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
      "logs:GetLogEvents",
      "logs:FilterLogEvents",
    ]
    resources = ["arn:${local.partition}:logs:${var.aws_region}:${local.account_id}:log-group:*"]
  }
}

resource "aws_iam_role_policy" "api_logging" {
  count = var.aws_apigateway_manage_account_logging ? 1 : 0

  name   = "logs"
  role   = aws_iam_role.api_logging[0].id
  policy = data.aws_iam_policy_document.api_logging.json
}
