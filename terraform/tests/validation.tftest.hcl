# Nonsense is refused before anything is made, and nothing has to be said for a deployment to begin with.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "nothing_said" {
  command = plan

  assert {
    condition     = var.shared_resource_identifier == "rekognition" && output.aws_account_id == "123456789012"
    error_message = "The defaults must plan without any input."
  }
}

run "aws_region_a_zone" {
  command = plan

  variables {
    aws_region = "us-east-1a"
  }

  expect_failures = [var.aws_region]
}

run "aws_account_id_too_short" {
  command = plan

  variables {
    aws_account_id = "12345"
  }

  expect_failures = [var.aws_account_id]
}

run "shared_resource_identifier_upper_case" {
  command = plan

  variables {
    shared_resource_identifier = "Photos_1"
  }

  expect_failures = [var.shared_resource_identifier]
}

run "shared_resource_identifier_too_long" {
  command = plan

  variables {
    shared_resource_identifier = "a1234567890123456789012345678901234567890"
  }

  expect_failures = [var.shared_resource_identifier]
}

run "stage_with_a_slash" {
  command = plan

  variables {
    stage = "v1/beta"
  }

  expect_failures = [var.stage]
}

run "logging_level_unknown" {
  command = plan

  variables {
    logging_level = "DEBUG"
  }

  expect_failures = [var.logging_level]
}

run "log_retention_days_unknown" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "tags_reserved" {
  command = plan

  variables {
    tags = { "AWS:owner" = "me" }
  }

  expect_failures = [var.tags]
}

run "aws_apigateway_create_custom_domain_without_root" {
  command = plan

  variables {
    aws_apigateway_create_custom_domain = true
  }

  expect_failures = [var.aws_apigateway_create_custom_domain]
}

run "aws_apigateway_root_domain_with_a_dot" {
  command = plan

  variables {
    aws_apigateway_root_domain = "example.com."
  }

  expect_failures = [var.aws_apigateway_root_domain]
}

run "cors_allowed_origins_with_a_path" {
  command = plan

  variables {
    cors_allowed_origins = ["https://photos.example.com/"]
  }

  expect_failures = [var.cors_allowed_origins]
}

run "cors_allowed_origins_any" {
  command = plan

  variables {
    cors_allowed_origins = ["*"]
  }

  expect_failures = [var.cors_allowed_origins]
}

run "metrics_namespace_of_aws" {
  command = plan

  variables {
    metrics_namespace = "AWS/Faceprint"
  }

  expect_failures = [var.metrics_namespace]
}

run "aws_rekognition_max_faces_count_too_many" {
  command = plan

  variables {
    aws_rekognition_max_faces_count = 101
  }

  expect_failures = [var.aws_rekognition_max_faces_count]
}

run "aws_rekognition_max_faces_count_a_fraction" {
  command = plan

  variables {
    aws_rekognition_max_faces_count = 1.5
  }

  expect_failures = [var.aws_rekognition_max_faces_count]
}

run "aws_rekognition_face_detect_threshold_above_100" {
  command = plan

  variables {
    aws_rekognition_face_detect_threshold = 100.1
  }

  expect_failures = [var.aws_rekognition_face_detect_threshold]
}

run "aws_rekognition_face_detect_quality_filter_unknown" {
  command = plan

  variables {
    aws_rekognition_face_detect_quality_filter = "auto"
  }

  expect_failures = [var.aws_rekognition_face_detect_quality_filter]
}

run "aws_rekognition_face_detect_attributes_unknown" {
  command = plan

  variables {
    aws_rekognition_face_detect_attributes = "SMILE"
  }

  expect_failures = [var.aws_rekognition_face_detect_attributes]
}

run "aws_rekognition_price_per_image_negative" {
  command = plan

  variables {
    aws_rekognition_price_per_image = -0.001
  }

  expect_failures = [var.aws_rekognition_price_per_image]
}

run "aws_rekognition_search_concurrency_too_high" {
  command = plan

  variables {
    aws_rekognition_search_concurrency = 17
  }

  expect_failures = [var.aws_rekognition_search_concurrency]
}

run "upload_wait_seconds_longer_than_the_gateway" {
  command = plan

  variables {
    upload_wait_seconds = 21
  }

  expect_failures = [var.upload_wait_seconds]
}

run "link_expiry_seconds_none" {
  command = plan

  variables {
    link_expiry_seconds = 0
  }

  expect_failures = [var.link_expiry_seconds]
}

run "noncurrent_version_days_none" {
  command = plan

  variables {
    noncurrent_version_days = 0
  }

  expect_failures = [var.noncurrent_version_days]
}

run "quota_settings_limit_none" {
  command = plan

  variables {
    quota_settings_limit = 0
  }

  expect_failures = [var.quota_settings_limit]
}

run "quota_settings_offset_all_of_the_limit" {
  command = plan

  variables {
    quota_settings_limit  = 10
    quota_settings_offset = 10
  }

  expect_failures = [var.quota_settings_offset]
}

run "quota_settings_period_unknown" {
  command = plan

  variables {
    quota_settings_period = "YEAR"
  }

  expect_failures = [var.quota_settings_period]
}

run "throttle_settings_burst_limit_above_the_account" {
  command = plan

  variables {
    throttle_settings_burst_limit = 5001
  }

  expect_failures = [var.throttle_settings_burst_limit]
}

run "throttle_settings_rate_limit_none" {
  command = plan

  variables {
    throttle_settings_rate_limit = 0
  }

  expect_failures = [var.throttle_settings_rate_limit]
}

run "lambda_python_runtime_too_old" {
  command = plan

  variables {
    lambda_python_runtime = "python3.10"
  }

  expect_failures = [var.lambda_python_runtime]
}

run "lambda_memory_size_too_small" {
  command = plan

  variables {
    lambda_memory_size = 128
  }

  expect_failures = [var.lambda_memory_size]
}

run "lambda_timeout_a_fraction" {
  command = plan

  variables {
    lambda_timeout = 20.5
  }

  expect_failures = [var.lambda_timeout]
}

run "compatible_architectures_two" {
  command = plan

  variables {
    compatible_architectures = ["arm64", "x86_64"]
  }

  expect_failures = [var.compatible_architectures]
}

run "alarm_actions_a_name" {
  command = plan

  variables {
    alarm_actions = ["on-call"]
  }

  expect_failures = [var.alarm_actions]
}

# python3.11 is for the local cloud: it plans, and says so.
run "runtime_without_a_layer_that_loads" {
  command = plan

  variables {
    lambda_python_runtime = "python3.11"
  }

  expect_failures = [check.runtime_loads_layer]
}

run "the_most_that_is_allowed" {
  command = plan

  variables {
    aws_region                            = "us-gov-west-1"
    aws_account_id                        = "123456789012"
    shared_resource_identifier            = "a123456789012345678901234567890123456789"
    cors_allowed_origins                  = ["http://localhost:3000", "https://photos.example.com"]
    metrics_namespace                     = ""
    aws_rekognition_max_faces_count       = 1
    aws_rekognition_face_detect_threshold = 0
    aws_rekognition_price_per_image       = 0
    aws_rekognition_search_concurrency    = 16
    upload_wait_seconds                   = 20
    link_expiry_seconds                   = 43200
    quota_settings_limit                  = 2
    quota_settings_offset                 = 1
    throttle_settings_rate_limit          = 0.5
    lambda_memory_size                    = 256
    lambda_timeout                        = 15
    alarm_actions                         = ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:on-call"]
  }

  assert {
    condition     = length(module.function) == length(local.functions)
    error_message = "What the validations call right must plan."
  }
}
