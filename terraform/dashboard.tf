locals {
  api_dimensions = ["ApiName", local.shared, "Stage", var.stage]
  function_names = [for name in sort(keys(local.functions)) : "${local.shared}_${name}"]

  dashboard_graphs = [
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
