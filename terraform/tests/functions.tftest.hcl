# Every function of lambdas/functions.yaml, sized as it says or as a variable overrides it.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "as_listed" {
  command = plan

  assert {
    condition = {
      for name, function in module.function : name => "${function.name} ${function.configuration.memory_size} MB ${function.configuration.timeout} s"
      } == {
      for name, function in local.functions : name => "rekognition_${name} ${function.memory} MB ${function.timeout} s"
    }
    error_message = "Functions must have the memory and timeout of lambdas/functions.yaml."
  }

  assert {
    condition = alltrue([
      for function in module.function : function.configuration.runtime == "python3.13" && function.configuration.architectures == tolist(["arm64"])
    ])
    error_message = "Functions must run Python 3.13 on arm64."
  }

  assert {
    condition = {
      for name, function in module.function : name => toset(keys(function.configuration.environment))
      } == {
      for name, function in local.functions : name => toset(function.environment)
    }
    error_message = "Functions must get the settings that they list, and no other."
  }

  assert {
    condition     = aws_sqs_queue.index.visibility_timeout_seconds == 6 * local.functions.index.timeout
    error_message = "A message must stay hidden twice as long as the index function may run."
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.index.event_source_arn == aws_sqs_queue.index.arn
      && aws_lambda_event_source_mapping.index.function_name == "arn:aws:lambda:us-east-1:123456789012:function:mock_index"
      && aws_lambda_event_source_mapping.index.batch_size == local.functions.index.batch_size
      && contains(aws_lambda_event_source_mapping.index.function_response_types, "ReportBatchItemFailures")
      && one(aws_lambda_event_source_mapping.index.scaling_config).maximum_concurrency == local.functions.index.maximum_concurrency
    )
    error_message = "The index queue must feed the index function, which tells failures one by one."
  }
}

run "overridden" {
  command = plan

  variables {
    lambda_memory_size       = 2048
    lambda_timeout           = 25
    lambda_python_runtime    = "python3.12"
    compatible_architectures = ["x86_64"]
  }

  assert {
    condition     = alltrue([for function in module.function : function.configuration.memory_size == 2048])
    error_message = "lambda_memory_size must override lambdas/functions.yaml."
  }

  assert {
    condition = {
      for name, function in module.function : name => function.configuration.timeout
      } == {
      for name, function in local.functions : name => name == "index" ? 25 : function.timeout
    }
    error_message = "lambda_timeout must override the index function's alone: API Gateway bounds the others."
  }

  assert {
    condition     = aws_sqs_queue.index.visibility_timeout_seconds == 150
    error_message = "The queue must follow lambda_timeout."
  }

  assert {
    condition = alltrue([
      for function in module.function : function.configuration.runtime == "python3.12" && function.configuration.architectures == tolist(["x86_64"])
    ])
    error_message = "Runtime and processor must be as chosen."
  }

  assert {
    condition = (
      aws_lambda_layer_version.dependencies.compatible_runtimes == toset(["python3.12"])
      && aws_lambda_layer_version.dependencies.compatible_architectures == toset(["x86_64"])
    )
    error_message = "The layer must fit the functions."
  }
}

run "uploads_wait_longer_than_the_index_function_may_run" {
  command = plan

  variables {
    lambda_timeout      = 15
    upload_wait_seconds = 20
  }

  assert {
    condition     = module.function["index"].configuration.timeout == 15 && module.function["upload"].configuration.timeout >= var.upload_wait_seconds + 5
    error_message = "The upload function must outlive what an upload waits, whatever lambda_timeout is."
  }
}

run "settings_reach_the_functions" {
  command = plan

  variables {
    stage                                      = "v7"
    aws_rekognition_max_faces_count            = 3
    aws_rekognition_face_detect_threshold      = 91.5
    aws_rekognition_face_detect_quality_filter = "HIGH"
    aws_rekognition_face_detect_attributes     = "ALL"
    aws_rekognition_price_per_image            = 0.5
    aws_rekognition_search_concurrency         = 3
    upload_wait_seconds                        = 2
    link_expiry_seconds                        = 60
    metrics_namespace                          = "Photos"
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for variable, value in {
          STAGE                                       = "v7"
          AWS_REKOGNITION_FACE_DETECT_MAX_FACES_COUNT = "3"
          AWS_REKOGNITION_FACE_DETECT_THRESHOLD       = "91.5"
          AWS_REKOGNITION_FACE_DETECT_QUALITY_FILTER  = "HIGH"
          AWS_REKOGNITION_FACE_DETECT_ATTRIBUTES      = "ALL"
          AWS_REKOGNITION_PRICE_PER_IMAGE             = "0.5"
          AWS_REKOGNITION_SEARCH_CONCURRENCY          = "3"
          UPLOAD_WAIT_SECONDS                         = "2"
          LINK_EXPIRY_SECONDS                         = "60"
          METRICS_NAMESPACE                           = "Photos"
          AWS_S3_BUCKET_NAME                          = "rekognition-123456789012"
          AWS_DYNAMODB_TABLE_ID                       = "rekognition"
          AWS_DYNAMODB_IMAGES_TABLE_ID                = "rekognition-images"
          AWS_REKOGNITION_COLLECTION_ID               = "rekognition-collection"
          AWS_SQS_INDEX_QUEUE_URL                     = "https://sqs.us-east-1.amazonaws.com/123456789012/mock-index"
        } : try(function.configuration.environment[variable], value) == value
      ]
    ]))
    error_message = "Every variable that the functions know must arrive under the name that they read."
  }
}
