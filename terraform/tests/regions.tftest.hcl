# Every partition of AWS, and regions where another Rekognition takes the place of AWS's.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "rekognition_of_aws" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["index", "search", "library"] : module.function[name].configuration.environment["AWS_ENDPOINT_URL_REKOGNITION"] == ""
    ])
    error_message = "Without rekognition_endpoint_url the functions must ask AWS's Rekognition."
  }
}

run "rekognition_of_another" {
  command = plan

  variables {
    aws_region               = "eu-west-3"
    rekognition_endpoint_url = "https://faces.example.com"
  }

  assert {
    condition = alltrue([
      for name in ["index", "search", "library"] : module.function[name].configuration.environment["AWS_ENDPOINT_URL_REKOGNITION"] == "https://faces.example.com"
    ])
    error_message = "Every function that asks Rekognition must ask the one of rekognition_endpoint_url."
  }

  assert {
    condition     = output.rekognition_collection == "rekognition-collection" && output.aws_region == "eu-west-3"
    error_message = "Outputs must tell collection and region as ever."
  }
}

run "region_that_the_list_does_not_know_yet" {
  command = plan

  variables {
    aws_region                 = "eu-west-3"
    aws_region_has_rekognition = true
  }

  assert {
    condition     = output.aws_region == "eu-west-3"
    error_message = "aws_region_has_rekognition must let a region pass."
  }
}

run "china" {
  command = plan

  variables {
    aws_region               = "cn-north-1"
    rekognition_endpoint_url = "https://faces.example.cn"
    alarm_actions            = ["arn:aws-cn:sns:cn-north-1:123456789012:on-call"]
  }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  assert {
    condition     = local.bucket_arn == "arn:aws-cn:s3:::rekognition-123456789012" && !strcontains(local.api_body, "arn:aws:apigateway")
    error_message = "ARNs must be of the partition."
  }

  assert {
    condition     = strcontains(local.api_body, "arn:aws-cn:apigateway:cn-north-1:lambda:path")
    error_message = "API Gateway must find functions in its own partition."
  }

  assert {
    condition     = alltrue([for statement in data.aws_iam_policy_document.bucket_may_send.statement : alltrue([for arn in statement.resources : startswith(arn, "arn:aws-cn:sqs:cn-north-1:")])])
    error_message = "The bucket must be let into the queue of its own partition."
  }
}

run "us_government" {
  command = plan

  variables {
    aws_region = "us-gov-west-1"
  }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }

  assert {
    condition     = local.bucket_arn == "arn:aws-us-gov:s3:::rekognition-123456789012" && strcontains(local.api_body, "arn:aws-us-gov:apigateway:us-gov-west-1:lambda:path")
    error_message = "ARNs must be of the partition."
  }
}
