variable "name" {
  description = "Name of function, role and log group."
  type        = string
}

variable "description" {
  description = "What the function does, one line."
  type        = string
}

variable "handler" {
  description = "Python path of the handler."
  type        = string
}

variable "runtime" {
  description = "Lambda's name of the Python version."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
}

variable "memory_size" {
  description = "Memory in MB; processor time grows with it."
  type        = number
}

variable "timeout" {
  description = "Seconds after which an invocation is ended."
  type        = number
}

variable "environment" {
  description = "Environment variables."
  type        = map(string)
}

variable "code_zip" {
  description = "Path of the archive, relative to the root module."
  type        = string
}

variable "code_sha" {
  description = "Hash of what the archive is made of; a change updates the function."
  type        = string
}

variable "code_built" {
  description = "Id of what builds the archive, which the function waits for."
  type        = string
}

variable "layers" {
  description = "ARNs of layer versions."
  type        = list(string)
}

variable "log_retention_days" {
  description = "Days that the log group keeps its events."
  type        = number
}

variable "statements" {
  description = "What the function may do: actions on resources (ARNs)."
  type        = list(object({ sid = string, actions = list(string), resources = list(string) }))
}

variable "log_actions" {
  description = "What it may do with its own log group."
  type        = list(string)
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role; null: none."
  type        = string
}
