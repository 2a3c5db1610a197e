locals {
  # Where AWS offers Rekognition, as botocore's endpoints say (tests/contract/test_terraform_files.py compares them).
  rekognition_regions = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "eu-central-1",
    "eu-isoe-west-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "il-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
  ]
}

# With rekognition_endpoint_url it is made there: the provider speaks to the same Rekognition as the functions.
resource "aws_rekognition_collection" "faces" {
  collection_id = "${local.shared}-collection"
}
