# debug_mode turns everything up, and nothing is turned up without it.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "off" {
  command = plan

  assert {
    condition     = one(aws_api_gateway_method_settings.all.settings).logging_level == "ERROR" && !one(aws_api_gateway_method_settings.all.settings).data_trace_enabled
    error_message = "Without debug_mode API Gateway must log errors alone, and no bodies."
  }

  assert {
    condition     = alltrue([for function in module.function : function.configuration.environment.DEBUG_MODE == "false"])
    error_message = "Without debug_mode no function may log events."
  }
}

run "on" {
  command = plan

  variables {
    debug_mode    = true
    logging_level = "OFF"
  }

  assert {
    condition     = one(aws_api_gateway_method_settings.all.settings).logging_level == "INFO" && one(aws_api_gateway_method_settings.all.settings).data_trace_enabled
    error_message = "debug_mode must make API Gateway log requests with their bodies, whatever logging_level says."
  }

  assert {
    condition     = !one(aws_api_gateway_method_settings.all.settings).metrics_enabled && aws_api_gateway_method_settings.all.method_path == "*/*"
    error_message = "debug_mode must not turn on metrics of each method, which cost."
  }

  assert {
    condition = {
      for name, function in module.function : name => try(function.configuration.environment.DEBUG_MODE, null)
      } == {
      for name, function in local.functions : name => contains(function.environment, "DEBUG_MODE") ? "true" : null
    }
    error_message = "Every function that lists DEBUG_MODE must get it."
  }
}

run "logging_level_alone" {
  command = plan

  variables {
    logging_level = "INFO"
  }

  assert {
    condition     = one(aws_api_gateway_method_settings.all.settings).logging_level == "INFO" && !one(aws_api_gateway_method_settings.all.settings).data_trace_enabled
    error_message = "logging_level must not bring bodies into the log."
  }
}
