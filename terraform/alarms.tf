locals {
  alarm_actions = concat(var.alarm_actions, aws_sns_topic.alarms[*].arn)
  with_email    = var.alarm_email == null ? 0 : 1

  # Without custom metrics, or where calls cost nothing, there is nothing to count.
  counts_usd = var.alarm_usd_per_hour != null && var.metrics_namespace != "" && var.aws_rekognition_price_per_image > 0
}

check "somebody_is_told" {
  assert {
    condition     = length(var.alarm_actions) > 0 || var.alarm_email != null
    error_message = "Nobody is told when an alarm trips: set alarm_email to an address, or alarm_actions to an SNS topic of yours."
  }
}

# Not encrypted by KMS: with AWS's own key CloudWatch could not publish, and alarms say nothing of people or photos.
resource "aws_sns_topic" "alarms" {
  count = local.with_email

  name = "${local.shared}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  count = local.with_email

  arn    = aws_sns_topic.alarms[0].arn
  policy = data.aws_iam_policy_document.alarms_may_publish.json
}

data "aws_iam_policy_document" "alarms_may_publish" {
  statement {
    actions   = ["sns:Publish"]
    resources = ["arn:${local.partition}:sns:${var.aws_region}:${local.account_id}:${local.shared}-alarms"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

# AWS sends a mail to confirm; until then nothing arrives, and Terraform cannot remove the subscription.
resource "aws_sns_topic_subscription" "email" {
  count = local.with_email

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "cost" {
  count = local.counts_usd ? 1 : 0

  alarm_name          = "${local.shared}-cost"
  alarm_description   = "Rekognition's calls cost more in an hour than alarm_usd_per_hour: a bulk import, or a key in foreign hands (docs/operations.md)."
  namespace           = var.metrics_namespace
  metric_name         = "EstimatedUsd"
  dimensions          = { service = local.shared }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarm_usd_per_hour
  period              = 3600
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# Of the whole account: the cost of Rekognition's calls carries no tag of ours.
resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget_usd == null ? 0 : 1

  name         = "${local.shared}-monthly"
  budget_type  = "COST"
  limit_amount = var.monthly_budget_usd
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = [["ACTUAL", 80], ["ACTUAL", 100], ["FORECASTED", 100]]

    content {
      notification_type          = notification.value[0]
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value[1]
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = [var.alarm_email]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "dead_letter" {
  alarm_name          = "${local.shared}-dead-letter"
  alarm_description   = "A message was given up after eight deliveries: redrive it when its cause is mended (docs/operations.md)."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letter.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = local.functions

  alarm_name          = "${module.function[each.key].name}-errors"
  alarm_description   = "The function threw, ran out of time or could not start: its log group says why."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = module.function[each.key].name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = local.functions

  alarm_name          = "${module.function[each.key].name}-throttles"
  alarm_description   = "Invocations were refused: the account's or the function's concurrency is used up."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = module.function[each.key].name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "api_5xx" {
  alarm_name          = "${local.shared}-api-5xx"
  alarm_description   = "The API answered 5xx: the access log names the requests, the functions' logs the reasons."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  dimensions          = { ApiName = aws_api_gateway_rest_api.faceprint.name, Stage = aws_api_gateway_stage.faceprint.stage_name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}
