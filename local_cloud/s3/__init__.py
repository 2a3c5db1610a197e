"""What S3 does before and around the storage of objects, which moto leaves out."""
