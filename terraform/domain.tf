locals {
  with_domain = var.aws_apigateway_create_custom_domain ? 1 : 0
  domain_name = var.aws_apigateway_create_custom_domain ? "api.${local.shared}.${coalesce(var.aws_apigateway_root_domain, "invalid")}" : null
}

data "aws_route53_zone" "root" {
  count = local.with_domain

  name         = var.aws_apigateway_root_domain
  private_zone = false
}

resource "aws_acm_certificate" "api" {
  count = local.with_domain

  domain_name       = local.domain_name
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  count = local.with_domain

  zone_id         = data.aws_route53_zone.root[0].zone_id
  name            = one(aws_acm_certificate.api[0].domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.api[0].domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.api[0].domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "api" {
  count = local.with_domain

  certificate_arn         = aws_acm_certificate.api[0].arn
  validation_record_fqdns = [aws_route53_record.validation[0].fqdn]
}

resource "aws_api_gateway_domain_name" "api" {
  count = local.with_domain

  domain_name              = local.domain_name
  regional_certificate_arn = aws_acm_certificate_validation.api[0].certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_base_path_mapping" "api" {
  count = local.with_domain

  domain_name = aws_api_gateway_domain_name.api[0].domain_name
  api_id      = aws_api_gateway_rest_api.faceprint.id
  stage_name  = aws_api_gateway_stage.faceprint.stage_name
  base_path   = aws_api_gateway_stage.faceprint.stage_name
}

resource "aws_route53_record" "api" {
  count = local.with_domain

  zone_id = data.aws_route53_zone.root[0].zone_id
  name    = local.domain_name
  type    = "A"

  alias {
    name                   = aws_api_gateway_domain_name.api[0].regional_domain_name
    zone_id                = aws_api_gateway_domain_name.api[0].regional_zone_id
    evaluate_target_health = false
  }
}
