locals {
  own_tags = { project = "faceprint", shared_resource_identifier = var.shared_resource_identifier }

  # Without regard to case, as IAM compares names of tags: Project and project on one role are refused.
  tags = merge({ for name, value in local.own_tags : name => value if !contains([for given in keys(var.tags) : lower(given)], name) }, var.tags)
}

provider "aws" {
  region              = var.aws_region
  profile             = var.aws_profile
  allowed_account_ids = var.aws_account_id == null ? null : [var.aws_account_id]

  default_tags {
    tags = local.tags
  }

  endpoints {
    rekognition = var.rekognition_endpoint_url
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
