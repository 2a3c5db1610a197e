# Both archives are built at apply by Python's standard library and pip. Their names and hashes come from what they are
# made of, so a plan needs no archive and changes exactly when a source does.
locals {
  builder      = "${path.module}/../scripts/package_lambdas.py"
  builder_sha  = filesha256(local.builder)
  lambdas      = "${path.module}/../lambdas"
  architecture = var.compatible_architectures[0]

  code_sha = sha256(jsonencode({
    builder = local.builder_sha
    files   = { for name in sort(fileset(local.lambdas, "faceprint/**/*.{py,json}")) : name => filesha256("${local.lambdas}/${name}") }
  }))
  code_zip = "${path.module}/build/code-${substr(local.code_sha, 0, 12)}.zip"

  layer_sha = sha256(jsonencode({
    builder      = local.builder_sha
    lock         = filesha256("${local.lambdas}/requirements.txt")
    runtime      = var.lambda_python_runtime
    architecture = local.architecture
  }))
  layer_zip = "${path.module}/build/layer-${substr(local.layer_sha, 0, 12)}.zip"
}

# Built anew, too, where AWS takes the archive anew though no source changed: this folder may be a fresh checkout.
resource "terraform_data" "code" {
  triggers_replace = [local.code_sha, local.architecture, keys(local.functions)]

  provisioner "local-exec" {
    command = "python3 \"${local.builder}\" code \"${local.code_zip}\""
  }
}

resource "terraform_data" "layer" {
  triggers_replace = local.layer_sha

  provisioner "local-exec" {
    command = "python3 \"${local.builder}\" layer \"${local.layer_zip}\" --python ${trimprefix(var.lambda_python_runtime, "python")} --architecture ${local.architecture}"
  }
}

resource "aws_lambda_layer_version" "dependencies" {
  layer_name               = "${local.shared}-dependencies"
  description              = "What every function of Faceprint imports beside its own code and boto3"
  filename                 = local.layer_zip
  source_code_hash         = base64encode(local.layer_sha)
  compatible_runtimes      = [var.lambda_python_runtime]
  compatible_architectures = var.compatible_architectures

  depends_on = [terraform_data.layer]

  lifecycle {
    create_before_destroy = true
  }
}

check "runtime_loads_layer" {
  assert {
    condition     = var.lambda_python_runtime != "python3.11"
    error_message = "AWS runs python3.11 on a C library too old for the layer's Pillow: annotated pictures fail there. Write lambda_python_runtime = \"python3.13\"; python3.11 is for the local cloud."
  }
}
