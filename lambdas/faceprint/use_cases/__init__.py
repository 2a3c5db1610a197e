"""The product's rules. No event, no HTTP and no boto3 in here."""
