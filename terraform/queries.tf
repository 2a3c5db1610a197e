# Saved queries of CloudWatch Logs Insights, over the functions' lines and the access log (docs/operations.md).
locals {
  queries = {
    "one request or photo, end to end" = <<-QUERY
      fields @timestamp, @log, message, operation, httpMethod, resourcePath, status, key, milliseconds, responseLatency, messageId, sequencer, error
      | filter correlation_id = "CORRELATION-ID" or requestId = "CORRELATION-ID"
      | sort @timestamp asc
      | limit 200
    QUERY

    "slow requests" = <<-QUERY
      filter message in ["served", "reconciled"]
      | sort milliseconds desc
      | display @timestamp, @log, operation, status, milliseconds, correlation_id
      | limit 20
    QUERY

    "failures by reason" = <<-QUERY
      filter message = "reconciled" and status = "FAILED" or message = "returned" or message = "failed"
      | stats count(*) as failures by message, coalesce(reason, error) as why
      | sort failures desc
    QUERY

    "cost per day" = <<-QUERY
      filter ispresent(estimatedUsd)
      | stats sum(estimatedUsd) as usd, count(*) as requests by bin(1d)
    QUERY
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = "${local.shared}/${each.key}"
  query_string    = each.value
  log_group_names = concat([for name in local.function_names : "/aws/lambda/${name}"], [aws_cloudwatch_log_group.access.name])
}
