"""PartiQL statements carried out on moto's tables, as DynamoDB carries them out."""
