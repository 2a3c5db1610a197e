provider "aws" {
  region              = var.aws_region
  profile             = var.aws_profile
  allowed_account_ids = var.aws_account_id == null ? null : [var.aws_account_id]

  default_tags {
    tags = merge({ project = "faceprint", shared_resource_identifier = var.shared_resource_identifier }, var.tags)
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
