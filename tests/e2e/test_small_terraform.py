"""A small Terraform configuration of somebody's own on the local AWS: applied, imported, changed, clean, and gone."""

import subprocess
from pathlib import Path

import pytest

from local_cloud.provision.terraform import find_provider, terraform_environment
from local_cloud.settings import provider_folders
from local_world import LocalCloud, sample, start_cloud
from terraform_world import require_terraform

pytestmark = pytest.mark.e2e

SMALL = """
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}

provider "aws" {
  s3_use_path_style = true
  default_tags { tags = { Owner = "me" } }
}

variable "project" { default = "small" }

resource "aws_rekognition_collection" "faces" {
  collection_id = "small"
  tags          = { Project = var.project }
}

resource "aws_s3_bucket" "photos" {
  bucket        = "small-photos"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "photos" {
  bucket = aws_s3_bucket.photos.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_object" "etag" {
  bucket       = aws_s3_bucket_versioning.photos.id
  key          = "etag.jpg"
  source       = "photo.jpg"
  etag         = filemd5("photo.jpg")
  content_type = "image/jpeg"
  metadata     = { name = "Grace" }
}

resource "aws_s3_object" "hash" {
  bucket              = aws_s3_bucket_versioning.photos.id
  key                 = "hash.jpg"
  source              = "photo.jpg"
  source_hash         = filemd5("photo.jpg")
  cache_control       = "max-age=60"
  content_disposition = "inline"
}

resource "aws_s3_object" "checked" {
  for_each           = toset(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
  bucket             = aws_s3_bucket_versioning.photos.id
  key                = "${each.key}.jpg"
  source             = "photo.jpg"
  checksum_algorithm = each.key
}

resource "aws_dynamodb_table" "people" {
  name         = "small"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table_item" "grace" {
  table_name = aws_dynamodb_table.people.name
  hash_key   = "id"
  item       = jsonencode({ id = { S = "1" }, age = { N = "85" }, names = { L = [{ S = "Grace" }] } })
}

resource "aws_sqs_queue" "events" {
  name = "small"
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sqs:SendMessage"
      Resource  = aws_sqs_queue.events.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_s3_bucket.photos.arn } }
    }]
  })
}

resource "aws_s3_bucket_notification" "photos" {
  bucket = aws_s3_bucket.photos.id
  queue {
    queue_arn     = aws_sqs_queue.events.arn
    events        = ["s3:ObjectCreated:*"]
    filter_suffix = ".png"
  }
  depends_on = [aws_sqs_queue_policy.events]
}

resource "aws_iam_role" "function" {
  name = "small"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "function" {
  for_each   = toset(["AmazonRekognitionFullAccess", "service-role/AWSLambdaBasicExecutionRole"])
  role       = aws_iam_role.function.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/small"
  retention_in_days = 7
}

resource "aws_sns_topic" "news" {
  name = "small"
}

resource "aws_sns_topic_subscription" "news" {
  topic_arn = aws_sns_topic.news.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.events.arn
}

resource "aws_s3_bucket" "imported" {
  bucket        = "imported"
  force_destroy = true
}

resource "aws_rekognition_collection" "imported" {
  collection_id = "imported"
}

resource "aws_dynamodb_table" "imported" {
  name         = "imported"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

import {
  to = aws_s3_bucket.imported
  id = "imported"
}

import {
  to = aws_rekognition_collection.imported
  id = "imported"
}

import {
  to = aws_dynamodb_table.imported
  id = "imported"
}
"""


class Small:
    """The configuration in a folder of its own, and Terraform with somebody's own credentials."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.folder = folder
        (folder / "main.tf").write_text(SMALL)
        (folder / "photo.jpg").write_bytes(sample("grace-hopper"))
        environment = terraform_environment(cloud.addresses["awsEndpoint"], "us-east-1")
        self.environment = environment | {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "mine"}

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output."""
        done = subprocess.run(
            [require_terraform(), *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    def apply(self, *options: str) -> str:
        status, output = self.run("apply", "-auto-approve", *options)
        assert status == 0, output
        return output


@pytest.mark.usefixtures("terraform")
def test_a_small_configuration_is_clean_changes_in_place_and_goes(tmp_path: Path) -> None:
    cloud = start_cloud(tmp_path / "data")
    try:
        _make_what_is_imported(cloud)
        small = Small(cloud, tmp_path)
        mirror = find_provider(provider_folders())
        status, said = small.run("init", *([f"-plugin-dir={mirror}"] if mirror else []))
        assert status == 0, said
        before = _tags(cloud, "imported")

        applied = small.apply()
        second = small.run("plan", "-detailed-exitcode")
        changed = small.apply("-var=project=other")
        third = small.run("plan", "-detailed-exitcode", "-var=project=other")

        assert "3 imported" in applied
        assert second[0] == 0, second[1]
        assert "0 added, 1 changed, 0 destroyed" in changed
        assert third[0] == 0, third[1]
        assert before == {}
        assert _tags(cloud, "small") == {"Owner": "me", "Project": "other"}
        assert _tags(cloud, "imported") == {"Owner": "me"}
        _assert_objects_are_as_described(cloud)
        small.apply("-destroy")
        assert _what_is_left(cloud) == []
    finally:
        cloud.stop()


def _make_what_is_imported(cloud: LocalCloud) -> None:
    cloud.client("s3").create_bucket(Bucket="imported")
    cloud.client("rekognition").create_collection(CollectionId="imported")
    cloud.client("dynamodb").create_table(
        TableName="imported",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _tags(cloud: LocalCloud, collection: str) -> dict[str, str]:
    rekognition = cloud.client("rekognition")
    arn = rekognition.describe_collection(CollectionId=collection)["CollectionARN"]
    tags: dict[str, str] = rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return tags


def _assert_objects_are_as_described(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    by_etag, by_hash = (s3.head_object(Bucket="small-photos", Key=key) for key in ("etag.jpg", "hash.jpg"))

    assert (by_etag["ContentType"], by_etag["Metadata"], by_etag.get("CacheControl")) == (
        "image/jpeg",
        {"name": "Grace"},
        None,
    )
    assert (by_hash["CacheControl"], by_hash["ContentDisposition"]) == ("max-age=60", "inline")


def _what_is_left(cloud: LocalCloud) -> list[str]:
    """Of the names in the configuration."""
    names = [
        *(bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]),
        *cloud.client("rekognition").list_collections()["CollectionIds"],
        *cloud.client("dynamodb").list_tables()["TableNames"],
        *(url.rsplit("/", 1)[1] for url in cloud.client("sqs").list_queues()["QueueUrls"]),
        *(role["RoleName"] for role in cloud.client("iam").list_roles()["Roles"]),
        *(topic["TopicArn"].rsplit(":", 1)[1] for topic in cloud.client("sns").list_topics()["Topics"]),
        *(group["logGroupName"] for group in cloud.client("logs").describe_log_groups()["logGroups"]),
    ]
    return [name for name in names if name.startswith(("small", "imported", "/small"))]
