"""AWS on one machine: S3, SQS, DynamoDB, IAM, Lambda and API Gateway over loopback, without Docker."""
