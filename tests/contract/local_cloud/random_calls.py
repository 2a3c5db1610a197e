"""Random calls of every kind that change something in S3, DynamoDB, SQS, CloudWatch or IAM."""

import json
import random
from contextlib import suppress
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.backend.queues import BackendQueues
from tests.contract.local_cloud.conftest import REGION, World

BUCKETS = ("versioned", "plain-one")
TABLES = ("single", "sorted")
QUEUES = ("work", "dead")
KEYS = ("a", "b/c", "ü d")


class Caller:
    """Makes random calls; each method is one."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.s3, self.sqs, self.dynamodb = world.s3, world.sqs, world.dynamodb
        self.cloudwatch, self.iam = world.aws.client("cloudwatch"), world.aws.client("iam")
        self.queues = BackendQueues(world.backend)
        self.chance, self.numbers = chance, count()
        self.handles: list[tuple[str, str]] = []

    def call(self) -> None:
        """One of them; what AWS refuses is an answer too."""
        calls = [name for name in dir(self) if name.startswith("call_")]
        with suppress(ClientError):
            getattr(self, self.chance.choice(calls))()

    def prepare(self) -> None:
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)
        enabled = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(Bucket=BUCKETS[0], VersioningConfiguration=enabled)
        for name in TABLES:
            self._create_table(name)
        urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in reversed(QUEUES)}
        redrive = {"deadLetterTargetArn": arn_of("dead"), "maxReceiveCount": 3}
        attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
        self.sqs.set_queue_attributes(QueueUrl=urls["work"], Attributes=attributes)

    def call_put_object(self) -> None:
        self.s3.put_object(**self._object(), Body=self._body(), Metadata={"n": str(next(self.numbers))})

    def call_put_tagged_object(self) -> None:
        self.s3.put_object(**self._object(), Body=self._body(), Tagging=f"n={next(self.numbers)}")

    def call_copy_object(self) -> None:
        self.s3.copy_object(**self._object(), CopySource=self._object())

    def call_change_acl(self) -> None:
        self.s3.put_object_acl(**self._object(), ACL=self.chance.choice(("private", "public-read")))

    def call_delete_object(self) -> None:
        self.s3.delete_object(**self._object())

    def call_delete_version(self) -> None:
        versions = self.s3.list_object_versions(Bucket=BUCKETS[0]).get("Versions", [])
        if versions:
            found = self.chance.choice(versions)
            self.s3.delete_object(Bucket=BUCKETS[0], Key=found["Key"], VersionId=found["VersionId"])

    def call_delete_objects(self) -> None:
        doomed = [{"Key": key} for key in self.chance.sample(KEYS, 2)]
        self.s3.delete_objects(Bucket=self.chance.choice(BUCKETS), Delete={"Objects": doomed})

    def call_upload_in_parts(self) -> None:
        """Completed, given up, or left as it is."""
        place = self._object()
        upload = self.s3.create_multipart_upload(**place)["UploadId"]
        part = self.s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=self._body())
        what = self.chance.choice(("complete", "abort", "leave"))
        if what == "complete":
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            self.s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
        elif what == "abort":
            self.s3.abort_multipart_upload(**place, UploadId=upload)

    def call_notify(self) -> None:
        events = {"QueueConfigurations": [{"QueueArn": arn_of("work"), "Events": ["s3:ObjectCreated:*"]}]}
        on = self.chance.choice((True, True, False))
        self.s3.put_bucket_notification_configuration(
            Bucket=BUCKETS[0], NotificationConfiguration=events if on else {}, SkipDestinationValidation=True
        )

    def call_put_item(self) -> None:
        self.dynamodb.put_item(TableName=self.chance.choice(TABLES), Item=self._item())

    def call_put_if_absent(self) -> None:
        absent = "attribute_not_exists(k)"
        self.dynamodb.put_item(TableName="single", Item=self._item(), ConditionExpression=absent)

    def call_update_item(self) -> None:
        self.dynamodb.update_item(
            TableName="sorted",
            Key=self._key(),
            UpdateExpression="SET v = :v, l = list_append(if_not_exists(l, :e), :l) ADD c :c",
            ExpressionAttributeValues={
                **{":v": {"S": str(next(self.numbers))}, ":e": {"L": []}},
                **{":l": {"L": [{"N": "1.5"}]}, ":c": {"N": "1"}},
            },
        )

    def call_delete_item(self) -> None:
        self.dynamodb.delete_item(TableName="sorted", Key=self._key())

    def call_write_batch(self) -> None:
        writes = [
            {"PutRequest": {"Item": self._item()}},
            {"DeleteRequest": {"Key": {"k": {"S": "gone"}, "r": {"S": "1"}}}},
        ]
        self.dynamodb.batch_write_item(RequestItems={"sorted": writes})

    def call_transact(self) -> None:
        """Every third time its condition does not hold."""
        put = {"TableName": "single", "Item": self._item()}
        if self.chance.random() < 0.3:
            put["ConditionExpression"] = "attribute_exists(nothing)"
        key = self._key()
        update = {"TableName": "sorted", "Key": key, "UpdateExpression": "SET w = :w"}
        update["ExpressionAttributeValues"] = {":w": {"N": str(next(self.numbers))}}
        self.dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])

    def call_partiql(self) -> None:
        k, r = (value["S"] for value in self._key().values())
        statements = (
            f"INSERT INTO \"sorted\" VALUE {{'k': '{k}', 'r': '{r}', 'v': '{next(self.numbers)}'}}",
            f"UPDATE \"sorted\" SET v='{next(self.numbers)}' WHERE k='{k}' AND r='{r}'",
            f"DELETE FROM \"sorted\" WHERE k='{k}' AND r='{r}'",
        )
        self.dynamodb.execute_statement(Statement=self.chance.choice(statements))

    def call_partiql_transaction(self) -> None:
        statements = [
            {"Statement": f"INSERT INTO \"single\" VALUE {{'k': 'tx{next(self.numbers)}'}}"} for _ in range(2)
        ]
        self.dynamodb.execute_transaction(TransactStatements=statements)

    def call_make_table_anew(self) -> None:
        self.dynamodb.delete_table(TableName="single")
        self._create_table("single")

    def call_restore_table(self) -> None:
        backup = self.dynamodb.create_backup(TableName="sorted", BackupName="backup")["BackupDetails"]["BackupArn"]
        self.dynamodb.restore_table_from_backup(TargetTableName=f"restored-{next(self.numbers)}", BackupArn=backup)

    def call_send(self) -> None:
        self.sqs.send_message(QueueUrl=self._queue(), MessageBody=str(next(self.numbers)))

    def call_send_batch(self) -> None:
        entries = [{"Id": str(number), "MessageBody": str(next(self.numbers))} for number in range(3)]
        self.sqs.send_message_batch(QueueUrl=self._queue(), Entries=entries)

    def call_receive(self) -> None:
        url = self._queue()
        for message in self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2).get("Messages", []):
            self.handles.append((url, message["ReceiptHandle"]))

    def call_delete_message(self) -> None:
        if self.handles:
            url, handle = self.handles.pop(self.chance.randrange(len(self.handles)))
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)

    def call_poll(self) -> None:
        """As the pollers do, which also moves to the dead-letter queue."""
        for name in QUEUES:
            self.queues.receive(arn_of(name), limit=2, wait_seconds=0)

    def call_poll_and_delete(self) -> None:
        taken = self.queues.receive(arn_of("work"), limit=3, wait_seconds=0)
        self.queues.delete(arn_of("work"), [message.receipt_handle for message in taken[:2]])

    def call_move_back(self) -> None:
        self.sqs.start_message_move_task(SourceArn=arn_of("dead"))

    def call_purge(self) -> None:
        self.sqs.purge_queue(QueueUrl=self.sqs.get_queue_url(QueueName="dead")["QueueUrl"])

    def call_tag_queue(self) -> None:
        self.sqs.tag_queue(QueueUrl=self._queue(), Tags={"n": str(next(self.numbers))})

    def call_change_alarm(self) -> None:
        self.cloudwatch.put_metric_alarm(
            AlarmName=f"alarm-{next(self.numbers)}",
            **{"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60},
            **{"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"},
        )

    def call_create_role(self) -> None:
        self.iam.create_role(RoleName=f"role-{next(self.numbers)}", AssumeRolePolicyDocument="{}")

    def _object(self) -> dict[str, str]:
        return {"Bucket": self.chance.choice(BUCKETS), "Key": self.chance.choice(KEYS)}

    def _body(self) -> bytes:
        return f"body {next(self.numbers)}".encode() if self.chance.random() < 0.9 else b""

    def _key(self) -> dict[str, Any]:
        return {name: {"S": str(self.chance.randrange(3))} for name in ("k", "r")}

    def _item(self) -> dict[str, Any]:
        return {**self._key(), "v": {"S": str(next(self.numbers))}, "l": {"L": [{"N": "0.25"}, {"BOOL": True}]}}

    def _queue(self) -> str:
        url: str = self.sqs.get_queue_url(QueueName=self.chance.choice(QUEUES))["QueueUrl"]
        return url

    def _create_table(self, name: str) -> None:
        names = ("k", "r") if name == "sorted" else ("k",)
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": k, "KeyType": "RANGE" if k == "r" else "HASH"} for k in names],
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in names],
            BillingMode="PAY_PER_REQUEST",
        )


def arn_of(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:123456789012:{queue}"
