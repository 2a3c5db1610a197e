# A domain of one's own, only when asked for.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "without" {
  command = plan

  variables {
    aws_apigateway_root_domain = "example.com"
  }

  assert {
    condition = 0 == sum([
      length(data.aws_route53_zone.root), length(aws_acm_certificate.api), length(aws_acm_certificate_validation.api), length(aws_route53_record.validation),
      length(aws_route53_record.api), length(aws_api_gateway_domain_name.api), length(aws_api_gateway_base_path_mapping.api)
    ])
    error_message = "Nothing of a domain may exist unless it was asked for."
  }

  assert {
    condition     = output.api_custom_apigateway_url == null
    error_message = "There must be no address under a domain that does not exist."
  }
}

run "with" {
  command = plan

  variables {
    aws_apigateway_create_custom_domain = true
    aws_apigateway_root_domain          = "example.com"
    shared_resource_identifier          = "photos"
    stage                               = "v2"
  }

  assert {
    condition     = output.api_custom_apigateway_url == "https://api.photos.example.com/v2"
    error_message = "The API must say its address under the domain."
  }

  assert {
    condition     = data.aws_route53_zone.root[0].name == "example.com" && !data.aws_route53_zone.root[0].private_zone
    error_message = "The records must go into the public zone of the root domain."
  }

  assert {
    condition     = aws_acm_certificate.api[0].domain_name == "api.photos.example.com" && aws_acm_certificate.api[0].validation_method == "DNS"
    error_message = "The certificate must be for the domain, and proven by DNS."
  }

  assert {
    condition = (
      aws_route53_record.validation[0].zone_id == "Z0ROOT"
      && aws_route53_record.validation[0].name == "_proof.api.mock."
      && aws_route53_record.validation[0].type == "CNAME"
      && aws_route53_record.validation[0].records == toset(["_proof.acm-validations.aws."])
      && aws_acm_certificate_validation.api[0].validation_record_fqdns == toset([aws_route53_record.validation[0].fqdn])
    )
    error_message = "The zone must hold the proof that ACM asks for, and the validation wait for it."
  }

  assert {
    condition = (
      aws_api_gateway_domain_name.api[0].domain_name == "api.photos.example.com"
      && aws_api_gateway_domain_name.api[0].regional_certificate_arn == aws_acm_certificate.api[0].arn
      && aws_api_gateway_domain_name.api[0].security_policy == "TLS_1_2"
    )
    error_message = "API Gateway must answer under the domain with the proven certificate and TLS 1.2."
  }

  assert {
    condition = (
      aws_api_gateway_base_path_mapping.api[0].domain_name == "api.photos.example.com"
      && aws_api_gateway_base_path_mapping.api[0].api_id == "mockapi"
      && aws_api_gateway_base_path_mapping.api[0].stage_name == "v2"
      && aws_api_gateway_base_path_mapping.api[0].base_path == "v2"
    )
    error_message = "The path of the stage must lead to the stage."
  }

  assert {
    condition = (
      aws_route53_record.api[0].zone_id == "Z0ROOT"
      && aws_route53_record.api[0].name == "api.photos.example.com"
      && aws_route53_record.api[0].type == "A"
      && one(aws_route53_record.api[0].alias).name == "mock.execute-api.us-east-1.amazonaws.com"
      && one(aws_route53_record.api[0].alias).zone_id == "Z1REGIONAL"
    )
    error_message = "The domain must be an alias of API Gateway's own."
  }
}
