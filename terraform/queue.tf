locals {
  index_timeout = coalesce(var.lambda_timeout, local.functions.index.timeout)
}

resource "aws_sqs_queue" "dead_letter" {
  name                      = "${local.shared}-index-dead"
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}

# The policy stands in the queue itself: a resource of its own would wait for 25 seconds more.
resource "aws_sqs_queue" "index" {
  name                    = "${local.shared}-index"
  sqs_managed_sse_enabled = true
  # A message must not come back while its invocation still runs, but soon after a crash.
  visibility_timeout_seconds = 2 * local.index_timeout
  policy                     = data.aws_iam_policy_document.bucket_may_send.json
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    # With the index function's pauses of 1, 2, 4 ... 60 s two minutes, far longer than the lease of a photo.
    maxReceiveCount = 8
  })
}

data "aws_iam_policy_document" "bucket_may_send" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:${local.partition}:sqs:${var.aws_region}:${local.account_id}:${local.shared}-index"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.bucket_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_lambda_event_source_mapping" "index" {
  event_source_arn        = aws_sqs_queue.index.arn
  function_name           = module.function["index"].arn
  batch_size              = local.functions.index.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.functions.index.maximum_concurrency
  }
}
