locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  shared     = var.shared_resource_identifier

  # Names that policies and notifications need before their resources exist; local_cloud/blueprint.py has the same.
  bucket_name = "${local.shared}-${local.account_id}"
  bucket_arn  = "arn:${local.partition}:s3:::${local.bucket_name}"

  blueprint = yamldecode(file("${path.module}/../lambdas/functions.yaml"))
  functions = local.blueprint.functions

  # What lambdas/functions.yaml calls the facts of a deployment, as environment variables hold them.
  facts = {
    shared_resource_identifier = local.shared
    stage                      = var.stage
    debug_mode                 = tostring(var.debug_mode)
    bucket                     = aws_s3_bucket.images.bucket
    table                      = aws_dynamodb_table.faces.name
    images_table               = aws_dynamodb_table.images.name
    collection                 = aws_rekognition_collection.faces.collection_id
    max_faces_count            = tostring(var.aws_rekognition_max_faces_count)
    face_detect_threshold      = tostring(var.aws_rekognition_face_detect_threshold)
    face_detect_quality_filter = var.aws_rekognition_face_detect_quality_filter
    face_detect_attributes     = var.aws_rekognition_face_detect_attributes
    price_per_image            = tostring(var.aws_rekognition_price_per_image)
    search_concurrency         = tostring(var.aws_rekognition_search_concurrency)
    index_queue_url            = aws_sqs_queue.index.url
    upload_wait_seconds        = tostring(var.upload_wait_seconds)
    link_expiry_seconds        = tostring(var.link_expiry_seconds)
    cors_allowed_origins       = join(",", var.cors_allowed_origins)
    metrics_namespace          = var.metrics_namespace
    rekognition_endpoint_url   = var.rekognition_endpoint_url == null ? "" : var.rekognition_endpoint_url
  }

  # What lambdas/functions.yaml calls the resources of a permission; log_group is each function's own.
  permission_resources = {
    bucket       = [aws_s3_bucket.images.arn]
    objects      = ["${aws_s3_bucket.images.arn}/*"]
    table        = [aws_dynamodb_table.faces.arn]
    table_index  = ["${aws_dynamodb_table.faces.arn}/index/by_key"]
    images_table = [aws_dynamodb_table.images.arn]
    collection   = [aws_rekognition_collection.faces.arn]
    index_queue  = [aws_sqs_queue.index.arn]
    # Rekognition's DetectFaces and CompareFaces look at an image and at nothing that has an ARN.
    any = ["*"]
  }
}
