# Nonsense is refused before anything is made, and nothing has to be said for a deployment to begin with.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
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

run "aws_region_without_rekognition" {
  command = plan

  variables {
    aws_region = "eu-west-3"
  }

  expect_failures = [var.aws_region]
}

run "aws_region_of_another_partition_without_rekognition" {
  command = plan

  variables {
    aws_region = "cn-north-1"
  }

  expect_failures = [var.aws_region]
}

run "aws_region_that_cannot_read_photos_of_another" {
  command = plan

  variables {
    aws_region               = "eu-west-3"
    rekognition_endpoint_url = "https://rekognition.eu-west-1.amazonaws.com"
  }

  expect_failures = [var.aws_region]
}

run "rekognition_endpoint_url_without_scheme" {
  command = plan

  variables {
    rekognition_endpoint_url = "faces.example.com"
  }

  expect_failures = [var.rekognition_endpoint_url]
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

run "shared_resource_identifier_that_s3_reserves" {
  command = plan

  variables {
    shared_resource_identifier = "sthree-photos"
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

run "tags_with_a_reserved_value" {
  command = plan

  variables {
    tags = { owner = "aws:me" }
  }

  expect_failures = [var.tags]
}

run "tags_that_differ_by_case_alone" {
  command = plan

  variables {
    tags = { Owner = "me", owner = "you" }
  }

  expect_failures = [var.tags]
}

run "tags_with_a_character_that_aws_refuses" {
  command = plan

  variables {
    tags = { "owner!" = "me" }
  }

  expect_failures = [var.tags]
}

run "tags_with_a_value_too_long" {
  command = plan

  variables {
    tags = { owner = join("", [for letter in range(257) : "x"]) }
  }

  expect_failures = [var.tags]
}

run "tags_without_a_name" {
  command = plan

  variables {
    tags = { "" = "me" }
  }

  expect_failures = [var.tags]
}

run "tags_too_many_with_ours" {
  command = plan

  variables {
    tags = { for number in range(49) : "tag-${number}" => "x" }
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

run "aws_apigateway_create_custom_domain_longer_than_a_certificate" {
  command = plan

  variables {
    aws_apigateway_create_custom_domain = true
    aws_apigateway_root_domain          = "photos.department.example.com"
    shared_resource_identifier          = "a123456789012345678901234567890123456789"
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

run "cors_allowed_origins_longer_than_an_environment" {
  command = plan

  variables {
    cors_allowed_origins = [for number in range(100) : "https://photos-${number}.example.com"]
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

run "link_expiry_seconds_longer_than_the_credentials_that_sign" {
  command = plan

  variables {
    link_expiry_seconds = 3601
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

run "quota_settings_offset_of_a_day" {
  command = plan

  variables {
    quota_settings_offset = 1
  }

  expect_failures = [var.quota_settings_offset]
}

run "quota_settings_offset_beyond_a_week" {
  command = plan

  variables {
    quota_settings_offset = 7
    quota_settings_period = "WEEK"
  }

  expect_failures = [var.quota_settings_offset]
}

run "quota_settings_offset_beyond_a_month" {
  command = plan

  variables {
    quota_settings_offset = 28
    quota_settings_period = "MONTH"
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
    lambda_memory_size = 511
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

run "lambda_timeout_longer_than_all_deliveries" {
  command = plan

  variables {
    lambda_timeout = 121
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

run "alarm_actions_in_another_region" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:eu-west-1:123456789012:on-call"]
  }

  expect_failures = [var.alarm_actions]
}

run "alarm_actions_too_many" {
  command = plan

  variables {
    alarm_actions = [for number in range(6) : "arn:aws:sns:us-east-1:123456789012:on-call-${number}"]
  }

  expect_failures = [var.alarm_actions]
}

run "alarm_email_two" {
  command = plan

  variables {
    alarm_email = "a@example.com, b@example.com"
  }

  expect_failures = [var.alarm_email]
}

run "alarm_email_beside_five_actions" {
  command = plan

  variables {
    alarm_actions = [for number in range(5) : "arn:aws:sns:us-east-1:123456789012:on-call-${number}"]
  }

  expect_failures = [var.alarm_email]
}

run "alarm_usd_per_hour_none" {
  command = plan

  variables {
    alarm_usd_per_hour = 0
  }

  expect_failures = [var.alarm_usd_per_hour]
}

run "monthly_budget_usd_none" {
  command = plan

  variables {
    monthly_budget_usd = 0
  }

  expect_failures = [var.monthly_budget_usd]
}

run "monthly_budget_usd_without_anybody_to_tell" {
  command = plan

  variables {
    alarm_email        = null
    alarm_actions      = ["arn:aws:sns:us-east-1:123456789012:on-call"]
    monthly_budget_usd = 10
  }

  expect_failures = [var.monthly_budget_usd]
}

run "monthly_budget_usd_where_aws_keeps_none" {
  command = plan

  variables {
    aws_region         = "us-gov-west-1"
    monthly_budget_usd = 10
  }

  expect_failures = [var.monthly_budget_usd]
}

run "permissions_boundary_a_name" {
  command = plan

  variables {
    permissions_boundary = "boundary"
  }

  expect_failures = [var.permissions_boundary]
}

run "keyless_rate_limit_none" {
  command = plan

  variables {
    keyless_rate_limit = 0
  }

  expect_failures = [var.keyless_rate_limit]
}

# python3.11 is for the local cloud: it plans, and says so.
run "runtime_without_a_layer_that_loads" {
  command = plan

  variables {
    lambda_python_runtime = "python3.11"
  }

  expect_failures = [check.runtime_loads_layer]
}

# These plan, and say what may be meant otherwise.
run "memory_that_a_new_account_does_not_get" {
  command = plan

  variables {
    lambda_memory_size = 3009
  }

  expect_failures = [check.memory]
}

run "memory_too_small_for_the_largest_photos" {
  command = plan

  variables {
    lambda_memory_size = 512
  }

  expect_failures = [check.memory]
}

run "throttle_settings_burst_limit_below_a_second_of_the_rate" {
  command = plan

  variables {
    throttle_settings_burst_limit = 199
  }

  expect_failures = [check.throttle]
}

run "quota_settings_limit_that_the_rate_never_reaches" {
  command = plan

  variables {
    quota_settings_limit         = 43201
    throttle_settings_rate_limit = 0.5
  }

  expect_failures = [check.throttle]
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
    link_expiry_seconds                   = 3600
    quota_settings_limit                  = 2
    quota_settings_offset                 = 27
    quota_settings_period                 = "MONTH"
    throttle_settings_rate_limit          = 0.5
    lambda_memory_size                    = 3008
    lambda_timeout                        = 15
    tags                                  = { for number in range(48) : "tag-${number}" => "x" }
    alarm_actions                         = ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:on-call"]
  }

  assert {
    condition     = length(module.function) == length(local.functions)
    error_message = "What the validations call right must plan."
  }
}
