# What refuses to plan and to destroy, before anything has changed.

# What this deployment is, as the first apply had it. Resources are looked for in their region and by name: with others,
# all would be taken for lost, and made anew beside what stands.
resource "terraform_data" "identity" {
  input = {
    aws_account_id             = local.account_id
    aws_region                 = var.aws_region
    shared_resource_identifier = local.shared
  }

  lifecycle {
    ignore_changes = [input]
  }
}

# Terraform destroys first what depends on others, and this depends on everything. `input` is updated in place; a
# destruction reads it from the state, so force_destroy has to be applied before.
resource "terraform_data" "guard" {
  input = { force_destroy = var.force_destroy }

  # sh and cmd.exe both run these commands.
  provisioner "local-exec" {
    when    = destroy
    quiet   = true
    command = self.input.force_destroy ? "exit 0" : "echo Refused, and nothing was destroyed: force_destroy is false. terraform apply brings the outputs back. To erase photos, faces and all, run terraform apply -var force_destroy=true and then terraform destroy -var force_destroy=true. && exit 1"
  }

  lifecycle {
    precondition {
      condition     = terraform_data.identity.output.aws_account_id == local.account_id
      error_message = "This state is of a deployment in account ${terraform_data.identity.output.aws_account_id}, and these credentials belong to ${local.account_id}: use the other credentials, or a state of its own for another deployment (a workspace, or another folder)."
    }

    precondition {
      condition     = terraform_data.identity.output.aws_region == var.aws_region
      error_message = "This state is of a deployment in ${terraform_data.identity.output.aws_region}, and aws_region is ${var.aws_region}: a deployment in another region needs a state (a workspace, or another folder) and a shared_resource_identifier of its own."
    }

    precondition {
      condition     = terraform_data.identity.output.shared_resource_identifier == local.shared
      error_message = "This state is of the deployment ${terraform_data.identity.output.shared_resource_identifier}, and shared_resource_identifier is ${local.shared}: a deployment cannot be renamed, and another one needs a state of its own (a workspace, or another folder)."
    }
  }

  # What nothing else depends on, and so everything: a test holds this list to the graph.
  depends_on = [
    aws_api_gateway_base_path_mapping.api,
    aws_api_gateway_method_settings.all,
    aws_api_gateway_method_settings.keyless,
    aws_api_gateway_usage_plan_key.client,
    aws_budgets_budget.monthly,
    aws_cloudwatch_dashboard.faceprint,
    aws_cloudwatch_metric_alarm.api_5xx,
    aws_cloudwatch_metric_alarm.cost,
    aws_cloudwatch_metric_alarm.dead_letter,
    aws_cloudwatch_metric_alarm.errors,
    aws_cloudwatch_metric_alarm.throttles,
    aws_cloudwatch_query_definition.this,
    aws_lambda_event_source_mapping.index,
    aws_lambda_permission.api,
    aws_route53_record.api,
    aws_s3_bucket_cors_configuration.images,
    aws_s3_bucket_lifecycle_configuration.images,
    aws_s3_bucket_notification.images,
    aws_s3_bucket_ownership_controls.images,
    aws_s3_bucket_policy.images,
    aws_s3_bucket_server_side_encryption_configuration.images,
    aws_sns_topic_policy.alarms,
    aws_sns_topic_subscription.email,
  ]
}
