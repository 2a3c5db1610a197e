resource "aws_rekognition_collection" "faces" {
  collection_id = "${local.shared}-collection"
}
