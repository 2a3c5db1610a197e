# Somebody is told when a function fails, is refused, gives up a message, or the API answers 5xx; who looks finds why.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "alarms" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:123456789012:on-call"]
  }

  assert {
    condition = alltrue([
      for metric, alarms in { Errors = aws_cloudwatch_metric_alarm.errors, Throttles = aws_cloudwatch_metric_alarm.throttles } :
      { for name, alarm in alarms : name => "${alarm.namespace} ${alarm.metric_name} ${alarm.dimensions.FunctionName}" }
      == { for name in keys(local.functions) : name => "AWS/Lambda ${metric} rekognition_${name}" }
    ])
    error_message = "Every function must have an alarm for errors and one for throttles."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.dead_letter.metric_name == "ApproximateNumberOfMessagesVisible"
      && aws_cloudwatch_metric_alarm.dead_letter.dimensions.QueueName == "rekognition-index-dead"
    )
    error_message = "A message that was given up must raise an alarm."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.api_5xx.metric_name == "5XXError"
      && aws_cloudwatch_metric_alarm.api_5xx.dimensions == tomap({ ApiName = "rekognition", Stage = "v1" })
    )
    error_message = "A 5xx of the API must raise an alarm."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.errors), values(aws_cloudwatch_metric_alarm.throttles), [aws_cloudwatch_metric_alarm.dead_letter, aws_cloudwatch_metric_alarm.api_5xx]) :
      alarm.alarm_actions == toset(var.alarm_actions) && alarm.ok_actions == toset(var.alarm_actions)
      && alarm.threshold == 0 && alarm.comparison_operator == "GreaterThanThreshold" && alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "Every alarm must tell alarm_actions at the first event, and that it is over, and stay quiet when nothing happens."
  }

  assert {
    condition = alltrue([
      for name in keys(local.functions) : strcontains(aws_cloudwatch_dashboard.faceprint.dashboard_body, "\"rekognition_${name}\"")
    ])
    error_message = "The dashboard must show every function."
  }

  assert {
    condition = alltrue([
      for graph in local.own_graphs : alltrue([for name in graph.names : strcontains(aws_cloudwatch_dashboard.faceprint.dashboard_body, name)])
    ])
    error_message = "The dashboard must show every metric of the functions."
  }

  assert {
    condition = alltrue([
      for title, query in aws_cloudwatch_query_definition.this : query.name == "rekognition/${title}"
      && toset(query.log_group_names) == toset(concat([for name in keys(local.functions) : "/aws/lambda/rekognition_${name}"], ["/aws/apigateway/rekognition"]))
    ]) && length(aws_cloudwatch_query_definition.this) == 4
    error_message = "Every query must be saved under the deployment's name, over the functions' logs and the access log."
  }
}

run "without_metrics" {
  command = plan

  variables {
    metrics_namespace = ""
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_dashboard.faceprint.dashboard_body, "IndexedImages") && strcontains(aws_cloudwatch_dashboard.faceprint.dashboard_body, "AWS/Lambda")
    error_message = "Without custom metrics the dashboard must show AWS's own alone."
  }
}

run "without_actions" {
  command = plan

  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.api_5xx.alarm_actions, [])) == 0
    error_message = "Without alarm_actions alarms must show in the console alone."
  }
}
