# Somebody is told when a function fails, is refused, gives up a message, or the API answers 5xx; who looks finds why.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
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
      alarm.alarm_actions == toset(local.alarm_actions) && alarm.ok_actions == toset(local.alarm_actions)
      && alarm.threshold == 0 && alarm.comparison_operator == "GreaterThanThreshold" && alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "Every alarm must tell alarm_actions at the first event, and that it is over, and stay quiet when nothing happens."
  }

  assert {
    condition     = toset(local.alarm_actions) == toset(["arn:aws:sns:us-east-1:123456789012:on-call", "arn:aws:sns:us-east-1:123456789012:mock-alarms"])
    error_message = "Alarms must tell alarm_actions and the topic of alarm_email."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.cost[0].metric_name == "EstimatedUsd" && aws_cloudwatch_metric_alarm.cost[0].namespace == "Faceprint"
      && aws_cloudwatch_metric_alarm.cost[0].dimensions == tomap({ service = "rekognition" })
      && aws_cloudwatch_metric_alarm.cost[0].threshold == 10 && aws_cloudwatch_metric_alarm.cost[0].period == 3600
      && aws_cloudwatch_metric_alarm.cost[0].alarm_actions == toset(local.alarm_actions)
    )
    error_message = "Rekognition's cost of an hour must raise an alarm."
  }

  assert {
    condition = (
      aws_sns_topic_subscription.email[0].endpoint == "on-call@example.com" && aws_sns_topic_subscription.email[0].protocol == "email"
      && aws_sns_topic_policy.alarms[0].arn == aws_sns_topic.alarms[0].arn && aws_sns_topic.alarms[0].kms_master_key_id == null
      && one(one(data.aws_iam_policy_document.alarms_may_publish.statement).principals).identifiers == toset(["cloudwatch.amazonaws.com"])
    )
    error_message = "The topic must take what CloudWatch publishes, and mail it."
  }

  assert {
    condition     = length(aws_budgets_budget.monthly) == 0
    error_message = "There must be no budget unless it is asked for."
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
    condition     = length(aws_cloudwatch_metric_alarm.cost) == 0 && !strcontains(aws_cloudwatch_dashboard.faceprint.dashboard_body, "IndexedImages") && strcontains(aws_cloudwatch_dashboard.faceprint.dashboard_body, "AWS/Lambda")
    error_message = "Without custom metrics the dashboard must show AWS's own alone."
  }
}

run "with_a_budget" {
  command = plan

  variables {
    monthly_budget_usd = 50
  }

  assert {
    condition = (
      aws_budgets_budget.monthly[0].limit_amount == "50" && aws_budgets_budget.monthly[0].limit_unit == "USD" && aws_budgets_budget.monthly[0].time_unit == "MONTHLY"
      && toset([for told in aws_budgets_budget.monthly[0].notification : "${told.notification_type} ${told.threshold}"]) == toset(["ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
      && alltrue([for told in aws_budgets_budget.monthly[0].notification : told.subscriber_email_addresses == toset(["on-call@example.com"])])
    )
    error_message = "A budget must tell alarm_email before it is used up, when it is, and when that is foreseen."
  }
}

run "without_anything_to_count" {
  command = plan

  variables {
    aws_rekognition_price_per_image = 0
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.cost) == 0
    error_message = "Where calls cost nothing there must be no alarm of their cost."
  }
}

run "without_the_alarm_of_cost" {
  command = plan

  variables {
    alarm_usd_per_hour = null
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.cost) == 0
    error_message = "alarm_usd_per_hour = null must leave the alarm out."
  }
}

run "nobody_is_told" {
  command = plan

  variables {
    alarm_email = null
  }

  expect_failures = [check.somebody_is_told]
}

run "an_account_with_few_functions_at_once" {
  command = plan

  override_data {
    target = data.aws_servicequotas_service_quota.concurrent_executions
    values = { value = 10 }
  }

  expect_failures = [check.concurrency]
}
