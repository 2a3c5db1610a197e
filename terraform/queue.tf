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
  # As AWS advises: a throttled function may get its batch late. Once it runs, the function hides its messages for as
  # long as it can work and no longer, so that they come back soon after a crash.
  visibility_timeout_seconds = 6 * local.index_timeout
  policy                     = data.aws_iam_policy_document.bucket_may_send.json
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    # With the index function's pauses (1, 2, 4 ... 60 s; longer where its timeout is) far longer than a photo's lease.
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
