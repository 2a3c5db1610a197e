"""The custom metrics of CloudWatch: names, units, and by what each is told apart.

All carry the dimension `service`, the deployment's name. Every further value of a dimension is a metric to pay for, so
there is one more at most, and never one of keys, names or ids.
"""

METRICS: dict[str, tuple[str, str]] = {
    "Latency": ("Milliseconds", "Route"),
    "S3CallLatency": ("Milliseconds", ""),
    "DynamoDBCallLatency": ("Milliseconds", ""),
    "RekognitionCallLatency": ("Milliseconds", ""),
    "CallRetries": ("Count", ""),
    "EstimatedUsd": ("None", ""),
    "IndexedImages": ("Count", ""),
    "IndexedFaces": ("Count", ""),
    "NoFaceImages": ("Count", ""),
    "FailedImages": ("Count", "Reason"),
    "ReturnedMessages": ("Count", "Reason"),
    "RepeatedEvents": ("Count", ""),
    "DuplicateUploads": ("Count", ""),
    "ErasedImages": ("Count", ""),
    "SearchOutcomes": ("Count", "Outcome"),
}
"""Name to unit and second dimension."""

CALL_LATENCIES = {
    "s3": "S3CallLatency",
    "dynamodb": "DynamoDBCallLatency",
    "rekognition": "RekognitionCallLatency",
}
"""Service, by botocore's endpoint prefix, to the metric of its calls."""
