# Photos, faces and messages are encrypted, recoverable and out of the public's reach.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "defaults" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.images.block_public_acls,
      aws_s3_bucket_public_access_block.images.block_public_policy,
      aws_s3_bucket_public_access_block.images.ignore_public_acls,
      aws_s3_bucket_public_access_block.images.restrict_public_buckets,
    ])
    error_message = "The bucket must block public access in all four ways."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.images.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "The bucket must not know ACLs."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.images.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket must be encrypted."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.images.versioning_configuration).status == "Enabled"
    error_message = "The bucket must keep versions."
  }

  assert {
    condition = (
      one(aws_s3_bucket_lifecycle_configuration.images.rule).status == "Enabled"
      && one(one(aws_s3_bucket_lifecycle_configuration.images.rule).noncurrent_version_expiration).noncurrent_days == 30
      && one(one(aws_s3_bucket_lifecycle_configuration.images.rule).abort_incomplete_multipart_upload).days_after_initiation == 1
    )
    error_message = "The bucket must tidy replaced photos after 30 days and broken uploads after one."
  }

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.images) == 0
    error_message = "The bucket must answer no page of another origin unless asked to."
  }

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.faces, aws_dynamodb_table.images] : one(table.point_in_time_recovery).enabled
    ])
    error_message = "Both tables must be recoverable to a point in time."
  }

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.faces, aws_dynamodb_table.images] : one(table.server_side_encryption).enabled
    ])
    error_message = "Both tables must be encrypted."
  }

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.index, aws_sqs_queue.dead_letter] : queue.sqs_managed_sse_enabled
    ])
    error_message = "Both queues must be encrypted."
  }

  assert {
    condition = (
      jsondecode(aws_sqs_queue.index.redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead_letter.arn
      && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    )
    error_message = "What the index queue gives up must stay in the dead-letter queue for 14 days."
  }

  assert {
    condition     = one(aws_s3_bucket_notification.images.queue).queue_arn == aws_sqs_queue.index.arn
    error_message = "The bucket must tell the index queue."
  }
}

run "protected_by_default" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.faces.deletion_protection_enabled && aws_dynamodb_table.images.deletion_protection_enabled
    error_message = "Tables must be protected against deletion."
  }

  assert {
    condition     = !aws_s3_bucket.images.force_destroy
    error_message = "A bucket with photos must refuse to be destroyed."
  }
}

run "erased_with_force_destroy" {
  command = plan

  variables {
    force_destroy = true
  }

  assert {
    condition     = !aws_dynamodb_table.faces.deletion_protection_enabled && !aws_dynamodb_table.images.deletion_protection_enabled
    error_message = "force_destroy must lift the tables' protection."
  }

  assert {
    condition     = aws_s3_bucket.images.force_destroy
    error_message = "force_destroy must let the bucket go with its photos."
  }
}

run "retention_is_chosen" {
  command = plan

  variables {
    log_retention_days      = 7
    noncurrent_version_days = 3
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.retention_in_days == 7 && aws_cloudwatch_log_group.execution.retention_in_days == 7
    error_message = "The API's log groups must keep events as long as log_retention_days says."
  }

  assert {
    condition     = alltrue([for function in module.function : function.log_retention_days == 7])
    error_message = "The functions' log groups must keep events as long as log_retention_days says."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.images.rule).noncurrent_version_expiration).noncurrent_days == 3
    error_message = "The bucket must keep replaced photos as long as noncurrent_version_days says."
  }
}

run "names_carry_the_deployment" {
  command = plan

  variables {
    shared_resource_identifier = "second"
  }

  assert {
    condition = alltrue([
      for name in concat(
        [aws_s3_bucket.images.bucket, aws_dynamodb_table.faces.name, aws_dynamodb_table.images.name, aws_sqs_queue.index.name],
        [aws_sqs_queue.dead_letter.name, aws_rekognition_collection.faces.collection_id, aws_api_gateway_rest_api.faceprint.name],
        [aws_api_gateway_api_key.client.name, aws_api_gateway_usage_plan.client.name, aws_cloudwatch_dashboard.faceprint.dashboard_name],
        [for function in module.function : function.name], [for alarm in aws_cloudwatch_metric_alarm.errors : alarm.alarm_name],
        [aws_lambda_layer_version.dependencies.layer_name, aws_iam_role.api_logging[0].name],
      ) : startswith(name, "second")
    ])
    error_message = "Two deployments must not share a name."
  }
}
