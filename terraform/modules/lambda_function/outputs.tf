output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "log_group" {
  description = "Name of its log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_retention_days" {
  description = "Days that its log group keeps events."
  value       = aws_cloudwatch_log_group.this.retention_in_days
}

output "statements" {
  description = "What its role may do, as given."
  value       = data.aws_iam_policy_document.permissions.statement
}

output "configuration" {
  description = "What it runs with: memory in MB, timeout in seconds, runtime, processor and environment."
  value = {
    memory_size   = aws_lambda_function.this.memory_size
    timeout       = aws_lambda_function.this.timeout
    runtime       = aws_lambda_function.this.runtime
    architectures = aws_lambda_function.this.architectures
    environment   = aws_lambda_function.this.environment[0].variables
  }
}

output "permissions_boundary" {
  description = "ARN of the policy that bounds its role; null: none."
  value       = aws_iam_role.this.permissions_boundary
}
