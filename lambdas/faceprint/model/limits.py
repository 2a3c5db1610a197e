"""AWS's limits and ours, in bytes and pixels unless a name says otherwise."""

MIN_IMAGE_SIDE = 80
"""Rekognition reads nothing smaller (its guidelines and quotas)."""

MAX_IMAGE_PIXELS = 100_000_000
"""Ours: a header may promise any size, and what decodes it has finite memory."""

MAX_REKOGNITION_BYTES = 5 * 1024 * 1024
"""Image.Bytes of every Rekognition call."""

MAX_IMAGE_BYTES = 15 * 1024 * 1024
"""An S3 object that Rekognition reads."""

MAX_KEY_BYTES = 1024
"""An S3 key as UTF-8."""

MAX_METADATA_BYTES = 2048
"""All user metadata of an S3 object, names and values."""

MAX_NAME_CHARACTERS = 256
"""Ours: a person's name."""

MAX_TRANSACTION_ITEMS = 100
"""TransactWriteItems, and BatchGetItem as well."""
