variable "aws_region" {
  description = "AWS region of every resource; it must offer Rekognition."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "Write aws_region as AWS does, for example \"us-east-1\" or \"eu-central-1\"."
  }
}

variable "aws_profile" {
  description = "Profile of your AWS configuration files; null: credentials come from the environment."
  type        = string
  default     = null
}

variable "aws_account_id" {
  description = "Account that may be changed, 12 digits; null: whichever the credentials belong to."
  type        = string
  default     = null

  validation {
    condition     = var.aws_account_id == null || can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "Write aws_account_id as 12 digits without dashes, in quotes, or leave it out."
  }
}

variable "shared_resource_identifier" {
  description = "Name of this deployment and prefix of every resource; deployments of different names stand side by side."
  type        = string
  default     = "rekognition"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.shared_resource_identifier))
    error_message = "Write shared_resource_identifier as 3 to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash."
  }
}

variable "stage" {
  description = "Stage of the API, the first part of its path."
  type        = string
  default     = "v1"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage))
    error_message = "Write stage as 1 to 128 letters, digits, dashes and underscores, for example \"v1\"."
  }
}

variable "debug_mode" {
  description = "true: functions log at level DEBUG with whole events (image bytes as length and sha256), API Gateway traces data."
  type        = bool
  default     = false
}

variable "logging_level" {
  description = "API Gateway's execution log: OFF, ERROR or INFO; debug_mode makes it INFO."
  type        = string
  default     = "ERROR"

  validation {
    condition     = contains(["OFF", "ERROR", "INFO"], var.logging_level)
    error_message = "Write logging_level as \"OFF\", \"ERROR\" or \"INFO\"."
  }
}

variable "log_retention_days" {
  description = "Days that every log group keeps its events."
  type        = number
  default     = 30

  validation {
    condition = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
    var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days: write one of these as log_retention_days."
  }
}

variable "tags" {
  description = "Tags of every resource, beside project and shared_resource_identifier."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.tags) : !startswith(lower(name), "aws:")])
    error_message = "AWS reserves tags that begin with \"aws:\": choose other names in tags."
  }
}

variable "force_destroy" {
  description = "true, once applied: `terraform destroy` erases everything, photos and tables too; false: it refuses before anything is gone."
  type        = bool
  default     = false
}

variable "aws_apigateway_create_custom_domain" {
  description = "true: the API also answers at api.{shared_resource_identifier}.{aws_apigateway_root_domain}."
  type        = bool
  default     = false

  validation {
    condition     = !var.aws_apigateway_create_custom_domain || var.aws_apigateway_root_domain != null
    error_message = "A custom domain needs its root: set aws_apigateway_root_domain to the name of a public Route53 hosted zone of this account, for example \"example.com\"."
  }
}

variable "aws_apigateway_root_domain" {
  description = "Name of the public Route53 hosted zone for the custom domain; only then required."
  type        = string
  default     = null

  validation {
    condition     = var.aws_apigateway_root_domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.aws_apigateway_root_domain))
    error_message = "Write aws_apigateway_root_domain as a domain name in lower case without a dot at its end, for example \"example.com\"."
  }
}

variable "aws_apigateway_manage_account_logging" {
  description = "true: sets the role by which API Gateway writes logs, one per account and region. false in every deployment there but one."
  type        = bool
  default     = true
}

variable "cors_allowed_origins" {
  description = "Origins whose web pages may call the API, for example [\"https://photos.example.com\"]; empty: none."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "Write each of cors_allowed_origins as scheme, host and port alone, for example \"https://photos.example.com\" or \"http://localhost:3000\"."
  }
}

variable "metrics_namespace" {
  description = "Namespace of the custom metrics in CloudWatch; empty: the functions write none, and the dashboard shows none."
  type        = string
  default     = "Faceprint"

  validation {
    condition     = can(regex("^([A-Za-z0-9_./#-]{1,255})?$", var.metrics_namespace)) && !startswith(var.metrics_namespace, "AWS/")
    error_message = "Write metrics_namespace with letters, digits and _ . / # - (at most 255), not beginning with AWS/; or leave it empty."
  }
}

variable "aws_rekognition_max_faces_count" {
  description = "The most faces that are indexed per photo, largest first (1 to 100)."
  type        = number
  default     = 100

  validation {
    condition     = var.aws_rekognition_max_faces_count == floor(var.aws_rekognition_max_faces_count) && var.aws_rekognition_max_faces_count >= 1 && var.aws_rekognition_max_faces_count <= 100
    error_message = "Write aws_rekognition_max_faces_count as a whole number from 1 to 100."
  }
}

variable "aws_rekognition_face_detect_threshold" {
  description = "The least similarity, in percent, that counts as the same person when a request does not say (0 to 100)."
  type        = number
  default     = 80

  validation {
    condition     = var.aws_rekognition_face_detect_threshold >= 0 && var.aws_rekognition_face_detect_threshold <= 100
    error_message = "Write aws_rekognition_face_detect_threshold as a percentage from 0 to 100; 80 suits photo albums, 95 and more consequences for people."
  }
}

variable "aws_rekognition_face_detect_quality_filter" {
  description = "Which faces are good enough to be indexed: NONE, AUTO, LOW, MEDIUM or HIGH."
  type        = string
  default     = "AUTO"

  validation {
    condition     = contains(["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"], var.aws_rekognition_face_detect_quality_filter)
    error_message = "Write aws_rekognition_face_detect_quality_filter as \"NONE\", \"AUTO\", \"LOW\", \"MEDIUM\" or \"HIGH\"."
  }
}

variable "aws_rekognition_face_detect_attributes" {
  description = "Which details a detected face gets: DEFAULT or ALL."
  type        = string
  default     = "DEFAULT"

  validation {
    condition     = contains(["DEFAULT", "ALL"], var.aws_rekognition_face_detect_attributes)
    error_message = "Write aws_rekognition_face_detect_attributes as \"DEFAULT\" or \"ALL\"."
  }
}

variable "aws_rekognition_price_per_image" {
  description = "Price of one Rekognition call with an image in US dollars, for the `usage` of answers."
  type        = number
  default     = 0.001

  validation {
    condition     = var.aws_rekognition_price_per_image >= 0
    error_message = "Write aws_rekognition_price_per_image in US dollars, for example 0.001."
  }
}

variable "aws_rekognition_search_concurrency" {
  description = "Faces of one photo that identify searches at once (1 to 16). Fewer, for example 4, where Rekognition's quota is 5 searches a second."
  type        = number
  default     = 8

  validation {
    condition     = var.aws_rekognition_search_concurrency == floor(var.aws_rekognition_search_concurrency) && var.aws_rekognition_search_concurrency >= 1 && var.aws_rekognition_search_concurrency <= 16
    error_message = "Write aws_rekognition_search_concurrency as a whole number from 1 to 16."
  }
}

variable "upload_wait_seconds" {
  description = "Seconds that an upload waits for its faceprint before it answers 201 (0 to 20)."
  type        = number
  default     = 10

  validation {
    condition     = var.upload_wait_seconds >= 0 && var.upload_wait_seconds <= 20
    error_message = "Write upload_wait_seconds from 0 to 20: API Gateway itself gives up after 29."
  }
}

variable "link_expiry_seconds" {
  description = "Seconds that links to photos and presigned uploads work (1 to 43200)."
  type        = number
  default     = 900

  validation {
    condition     = var.link_expiry_seconds == floor(var.link_expiry_seconds) && var.link_expiry_seconds >= 1 && var.link_expiry_seconds <= 43200
    error_message = "Write link_expiry_seconds as a whole number from 1 to 43200 (12 hours)."
  }
}

variable "noncurrent_version_days" {
  description = "Days that the bucket keeps a photo's earlier contents after it was replaced; erasing a photo erases them at once."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_version_days == floor(var.noncurrent_version_days) && var.noncurrent_version_days >= 1
    error_message = "Write noncurrent_version_days as a whole number of days, at least 1."
  }
}

variable "quota_settings_limit" {
  description = "Requests that the API key may make per period."
  type        = number
  default     = 1000000

  validation {
    condition     = var.quota_settings_limit == floor(var.quota_settings_limit) && var.quota_settings_limit >= 1
    error_message = "Write quota_settings_limit as a whole number of requests, at least 1."
  }
}

variable "quota_settings_offset" {
  description = "Requests that count as made already in the first period: AWS subtracts them from the limit."
  type        = number
  default     = 0

  validation {
    condition     = var.quota_settings_offset == floor(var.quota_settings_offset) && var.quota_settings_offset >= 0 && var.quota_settings_offset < var.quota_settings_limit
    error_message = "Write quota_settings_offset as a whole number from 0 to less than quota_settings_limit."
  }
}

variable "quota_settings_period" {
  description = "Period of the quota: DAY, WEEK or MONTH."
  type        = string
  default     = "DAY"

  validation {
    condition     = contains(["DAY", "WEEK", "MONTH"], var.quota_settings_period)
    error_message = "Write quota_settings_period as \"DAY\", \"WEEK\" or \"MONTH\"."
  }
}

variable "throttle_settings_burst_limit" {
  description = "Requests that the API key may make at once."
  type        = number
  default     = 500

  validation {
    condition     = var.throttle_settings_burst_limit == floor(var.throttle_settings_burst_limit) && var.throttle_settings_burst_limit >= 1 && var.throttle_settings_burst_limit <= 5000
    error_message = "Write throttle_settings_burst_limit as a whole number from 1 to 5000, AWS's limit for an account."
  }
}

variable "throttle_settings_rate_limit" {
  description = "Requests per second that the API key may make steadily."
  type        = number
  default     = 200

  validation {
    condition     = var.throttle_settings_rate_limit > 0 && var.throttle_settings_rate_limit <= 10000
    error_message = "Write throttle_settings_rate_limit as requests per second, more than 0 and at most 10000, AWS's limit for an account."
  }
}

variable "lambda_python_runtime" {
  description = "Runtime of the functions. python3.11 is for the local cloud alone: AWS's image of it is too old for the layer's Pillow."
  type        = string
  default     = "python3.13"

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.lambda_python_runtime)
    error_message = "Write lambda_python_runtime as \"python3.12\" or \"python3.13\"."
  }
}

variable "lambda_memory_size" {
  description = "Memory of every function in MB; null: as lambdas/functions.yaml says for each."
  type        = number
  default     = null

  validation {
    condition     = var.lambda_memory_size == null || try(var.lambda_memory_size == floor(var.lambda_memory_size) && var.lambda_memory_size >= 256 && var.lambda_memory_size <= 10240, false)
    error_message = "Write lambda_memory_size as a whole number of MB from 256 to 10240, or leave it out."
  }
}

variable "lambda_timeout" {
  description = "Timeout of every function in seconds; null: as lambdas/functions.yaml says for each."
  type        = number
  default     = null

  validation {
    condition     = var.lambda_timeout == null || try(var.lambda_timeout == floor(var.lambda_timeout) && var.lambda_timeout >= 15 && var.lambda_timeout <= 300, false)
    error_message = "Write lambda_timeout as a whole number of seconds from 15 to 300, or leave it out; API Gateway waits no longer than 29."
  }
}

variable "compatible_architectures" {
  description = "Processor of functions and layer, one of [\"arm64\"] and [\"x86_64\"]; arm64 costs a fifth less."
  type        = list(string)
  default     = ["arm64"]

  validation {
    condition     = length(var.compatible_architectures) == 1 && alltrue([for name in var.compatible_architectures : contains(["arm64", "x86_64"], name)])
    error_message = "Write compatible_architectures as [\"arm64\"] or [\"x86_64\"]."
  }
}

variable "alarm_actions" {
  description = "ARNs that alarms notify, SNS topics for example; empty: alarms show in the console only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_actions : can(regex("^arn:[a-z-]+:", arn))])
    error_message = "Write each of alarm_actions as an ARN, for example \"arn:aws:sns:us-east-1:123456789012:on-call\"."
  }
}
