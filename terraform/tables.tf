# Attributes carry Rekognition's own names, so that PartiQL reads naturally.
resource "aws_dynamodb_table" "faces" {
  name                        = local.shared
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "FaceId"
  deletion_protection_enabled = !var.force_destroy

  attribute {
    name = "FaceId"
    type = "S"
  }

  attribute {
    name = "key"
    type = "S"
  }

  global_secondary_index {
    name            = "by_key"
    hash_key        = "key"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "images" {
  name                        = "${local.shared}-images"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "key"
  deletion_protection_enabled = !var.force_destroy

  attribute {
    name = "key"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
