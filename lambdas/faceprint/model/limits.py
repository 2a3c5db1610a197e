"""AWS's limits and ours, in bytes and pixels unless a name says otherwise."""

MIN_IMAGE_SIDE = 80
"""Rekognition's guidelines want no side smaller. Some of its operations take less; it refuses what it cannot use."""

MAX_IMAGE_SIDE = 10_000
"""Rekognition says "exceed maximum dimension size of 10000 pixels" of more."""

MAX_IMAGE_PIXELS = MAX_IMAGE_SIDE**2

MAX_REKOGNITION_BYTES = 5 * 1024 * 1024
"""Image.Bytes of every Rekognition call."""

MAX_ANSWER_BYTES = 6_291_556
"""What a Lambda function answers, as JSON: a longer answer is "Function.ResponseSizeTooLarge"."""

MAX_IMAGE_BYTES = 15 * 1024 * 1024
"""An S3 object that Rekognition reads."""

MAX_KEY_BYTES = 1024
"""An S3 key as UTF-8."""

MAX_METADATA_BYTES = 2048
"""All user metadata of an S3 object, names and values."""

MAX_NAME_CHARACTERS = 256
"""Ours: a person's name."""

MAX_SEARCH_CONCURRENCY = 16
"""Ours: faces of one photo that are searched at once."""

MAX_TRANSACTION_ITEMS = 100
"""TransactWriteItems, and BatchGetItem as well."""
