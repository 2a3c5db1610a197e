locals {
  api_dimensions = ["ApiName", local.shared, "Stage", var.stage]
  function_names = [for name in sort(keys(local.functions)) : "${local.shared}_${name}"]

  # Metrics of lambdas/faceprint/model/metrics.py; `by` is the dimension beside the service, whose values are looked up.
  own_graphs = [
    { title = "Photos indexed", stat = "Sum", by = "", names = ["IndexedImages", "IndexedFaces", "NoFaceImages", "ErasedImages"] },
    { title = "Photos sent twice, events told twice", stat = "Sum", by = "", names = ["DuplicateUploads", "RepeatedEvents"] },
    { title = "Failed photos by reason", stat = "Sum", by = "Reason", names = ["FailedImages"] },
    { title = "Messages returned to the queue by reason", stat = "Sum", by = "Reason", names = ["ReturnedMessages"] },
    { title = "Outcomes of searches", stat = "Sum", by = "Outcome", names = ["SearchOutcomes"] },
    { title = "Latency by route, 95th percentile (ms)", stat = "p95", by = "Route", names = ["Latency"] },
    { title = "Latency of calls to AWS, 95th percentile (ms)", stat = "p95", by = "", names = ["S3CallLatency", "DynamoDBCallLatency", "RekognitionCallLatency"] },
    { title = "Repeated calls to AWS", stat = "Sum", by = "", names = ["CallRetries"] },
    { title = "Cost of Rekognition (USD)", stat = "Sum", by = "", names = ["EstimatedUsd"] },
  ]

  own_metrics = {
    for graph in local.own_graphs : graph.title => [
      for name in graph.names : graph.by == "" ? jsonencode([var.metrics_namespace, name, "service", local.shared]) : jsonencode([{
        expression = "SEARCH('{${var.metrics_namespace},service,${graph.by}} service=\"${local.shared}\" MetricName=\"${name}\"', '${graph.stat}', 60)"
      }])
    ]
  }

  dashboard_graphs = concat(local.aws_graphs, [
    for graph in local.own_graphs : { title = graph.title, stat = graph.stat, metrics = [for metric in local.own_metrics[graph.title] : jsondecode(metric)] }
    if var.metrics_namespace != ""
  ])

  aws_graphs = [
    { title = "Requests", stat = "Sum", metrics = [for metric in ["Count", "4XXError", "5XXError"] : concat(["AWS/ApiGateway", metric], local.api_dimensions)] },
    { title = "Latency of the API, 95th percentile (ms)", stat = "p95", metrics = [concat(["AWS/ApiGateway", "Latency"], local.api_dimensions)] },
    { title = "Invocations", stat = "Sum", metrics = [for name in local.function_names : ["AWS/Lambda", "Invocations", "FunctionName", name]] },
    { title = "Errors and throttles", stat = "Sum", metrics = concat([for metric in ["Errors", "Throttles"] : [for name in local.function_names : ["AWS/Lambda", metric, "FunctionName", name]]]...) },
    { title = "Duration, 95th percentile (ms)", stat = "p95", metrics = [for name in local.function_names : ["AWS/Lambda", "Duration", "FunctionName", name]] },
    { title = "Messages waiting and given up", stat = "Maximum", metrics = [for queue in ["index", "index-dead"] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${local.shared}-${queue}"]] },
    { title = "Age of the oldest message (s)", stat = "Maximum", metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "${local.shared}-index"]] },
    { title = "Rekognition: throttled calls", stat = "Sum", metrics = [["AWS/Rekognition", "ThrottledCount"]] },
  ]
}

resource "aws_cloudwatch_dashboard" "faceprint" {
  dashboard_name = local.shared
  dashboard_body = jsonencode({
    widgets = [
      for index, graph in local.dashboard_graphs : {
        type       = "metric"
        x          = 12 * (index % 2)
        y          = 6 * floor(index / 2)
        width      = 12
        height     = 6
        properties = { title = graph.title, stat = graph.stat, period = 60, region = var.aws_region, view = "timeSeries", metrics = graph.metrics }
      }
    ]
  })
}
