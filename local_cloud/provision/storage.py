"""Bucket, queues, tables and collection."""

import json
from collections.abc import Sequence
from typing import Any

from local_cloud.aws import Aws
from local_cloud.blueprint import Names

# Six times the index function's timeout, as AWS advises and terraform/queue.tf has it: a throttled function may get its
# batch late. Once it runs, the function itself hides its messages for no longer than it can work.
VISIBILITY_SECONDS = 6 * 30

# Between eight deliveries lie 1, 2, 4 … 60 s (faceprint/aws/index_queue.py): two minutes, four times as long as the
# lease of a photo whose worker was killed. Five were over after 15 s, and a good message could end as a dead letter.
MAX_RECEIVE_COUNT = 8
DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600


def ensure_storage(aws: Aws, names: Names, cors_origins: Sequence[str]) -> str:
    """Make what is missing; returns the URL of the index queue."""
    _ensure_bucket(aws.client("s3"), names.bucket, aws.region)
    _ensure_cors(aws.client("s3"), names.bucket, cors_origins)
    queue_url, queue_arn = _ensure_queues(aws.client("sqs"), names)
    _ensure_notification(aws.client("s3"), names.bucket, queue_arn)
    dynamodb = aws.client("dynamodb")
    tables = set(dynamodb.list_tables()["TableNames"])
    if names.table not in tables:
        _create_faces_table(dynamodb, names.table)
    if names.images_table not in tables:
        _create_table(dynamodb, names.images_table, key="key")
    return queue_url


def ensure_collection(rekognition: Any, collection: str) -> None:
    """Apart from the rest: it needs the engine, which starts meanwhile."""
    if collection not in rekognition.list_collections().get("CollectionIds", []):
        rekognition.create_collection(CollectionId=collection)


def _ensure_bucket(s3: Any, bucket: str, region: str) -> None:
    if bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}:
        # us-east-1 is S3's only region that must not be named.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **place)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_only(bucket)))


def _ensure_cors(s3: Any, bucket: str, origins: Sequence[str]) -> None:
    """Pages of these origins may use presigned links: the rule of terraform/bucket.tf."""
    if not origins:
        s3.delete_bucket_cors(Bucket=bucket)
        return
    rule = {
        "AllowedMethods": ["GET", "PUT"],
        "AllowedOrigins": list(origins),
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def _tls_only(bucket: str) -> dict[str, Any]:
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _ensure_notification(s3: Any, bucket: str, queue_arn: str) -> None:
    """Only when it differs: putting it sends s3:TestEvent, which the index function would see at every start."""
    wanted = {"QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    found = s3.get_bucket_notification_configuration(Bucket=bucket).get("QueueConfigurations", [])
    if [{name: configuration[name] for name in wanted} for configuration in found] != [wanted]:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
        )


def _ensure_queues(sqs: Any, names: Names) -> tuple[str, str]:
    _, dead_arn = _ensure_queue(sqs, names.dead_letter_queue, {"MessageRetentionPeriod": DEAD_LETTER_RETENTION_SECONDS})
    queue_arn = dead_arn.rsplit(":", 1)[0] + f":{names.queue}"
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": MAX_RECEIVE_COUNT}
    attributes = {
        "VisibilityTimeout": VISIBILITY_SECONDS,
        "RedrivePolicy": json.dumps(redrive, separators=(",", ":")),
        "Policy": json.dumps(_bucket_may_send(queue_arn, names), separators=(",", ":")),
    }
    return _ensure_queue(sqs, names.queue, attributes)


def _ensure_queue(sqs: Any, name: str, attributes: dict[str, Any]) -> tuple[str, str]:
    values = {attribute: str(value) for attribute, value in attributes.items()}
    urls = sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", [])
    url = next((url for url in urls if url.rsplit("/", 1)[1] == name), None)
    if url is None:
        url = sqs.create_queue(QueueName=name, Attributes=values)["QueueUrl"]
    else:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=values)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def _bucket_may_send(queue_arn: str, names: Names) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{names.bucket}"},
            "StringEquals": {"aws:SourceAccount": names.account_id},
        },
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _create_faces_table(dynamodb: Any, table: str) -> None:
    by_key = {
        "IndexName": "by_key",
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    _create_table(dynamodb, table, key="FaceId", also=("key",), GlobalSecondaryIndexes=[by_key])


def _create_table(dynamodb: Any, table: str, *, key: str, also: tuple[str, ...] = (), **options: Any) -> None:
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (key, *also)],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True},
        **options,
    )
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
