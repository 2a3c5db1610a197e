variable "aws_region" {
  description = "AWS region of every resource. It must offer Rekognition, or rekognition_endpoint_url must be set."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", var.aws_region))
    error_message = "Write aws_region as AWS does, for example \"us-east-1\" or \"eu-central-1\"."
  }

  validation {
    condition     = contains(local.rekognition_regions, var.aws_region) || var.aws_region_has_rekognition || var.rekognition_endpoint_url != null
    error_message = "AWS offers no Rekognition in aws_region = \"${var.aws_region}\", and Rekognition reads photos from a bucket of its own region alone. Deploy everything to one of ${join(", ", local.rekognition_regions)}; or run face_engine and name it in rekognition_endpoint_url; or, if AWS offers Rekognition there by now, set aws_region_has_rekognition = true."
  }

  validation {
    condition     = !can(regex("rekognition.*\\.amazonaws\\.com", var.rekognition_endpoint_url)) || strcontains(coalesce(var.rekognition_endpoint_url, "-"), ".${coalesce(var.aws_region, "-")}.")
    error_message = "AWS's Rekognition reads photos from a bucket of its own region alone, and aws_region is \"${var.aws_region}\". Set aws_region to the region of rekognition_endpoint_url and leave that out; only an engine of your own may lie elsewhere."
  }
}

variable "aws_region_has_rekognition" {
  description = "true: AWS offers Rekognition in aws_region by now, though the list in collection.tf does not say so."
  type        = bool
  default     = false
}

variable "rekognition_endpoint_url" {
  description = "Address of another Rekognition, face_engine for example, for Terraform and the functions; null: AWS's own in aws_region."
  type        = string
  default     = null

  validation {
    condition     = var.rekognition_endpoint_url == null || can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$", var.rekognition_endpoint_url))
    error_message = "Write rekognition_endpoint_url as scheme, host and port, for example \"https://faces.example.com\", or leave it out."
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

  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)", var.shared_resource_identifier))
    error_message = "S3 reserves names of buckets that begin with xn--, sthree- or amzn-s3-demo-: choose another shared_resource_identifier."
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
  description = "Tags of every resource, beside project and shared_resource_identifier, which tags of these names in any case replace."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for text in concat(keys(var.tags), values(var.tags)) : !startswith(lower(coalesce(text, "-")), "aws:")])
    error_message = "AWS reserves tags that begin with \"aws:\": choose other names and values in tags."
  }

  validation {
    condition     = length(distinct([for name in keys(var.tags) : lower(name)])) == length(var.tags)
    error_message = "IAM does not tell names of tags apart by case. Keep one spelling in tags of each of: ${join(", ", [for name in keys(var.tags) : name if length([for other in keys(var.tags) : other if lower(other) == lower(name)]) > 1])}."
  }

  validation {
    condition     = alltrue([for name, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", name)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "Write tags with letters, digits, spaces and _ . : / = + - @: names of 1 to 128 characters, values of at most 256. Not so: ${join(", ", [for name, value in var.tags : "\"${name}\"" if !can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", name)) || !can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])}."
  }

  validation {
    condition     = length(setunion(["project", "shared_resource_identifier"], [for name in keys(var.tags) : lower(name)])) <= 50
    error_message = "AWS takes 50 tags of a resource, and project and shared_resource_identifier are two of them: leave 48 others in tags, not ${length(var.tags)}."
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

  validation {
    condition     = !var.aws_apigateway_create_custom_domain || length("api.${var.shared_resource_identifier}.${coalesce(var.aws_apigateway_root_domain, "-")}") <= 64
    error_message = "A certificate of AWS is for a name of at most 64 characters, and \"api.${var.shared_resource_identifier}.${coalesce(var.aws_apigateway_root_domain, "-")}\" has more: choose a shorter shared_resource_identifier or aws_apigateway_root_domain."
  }
}

variable "aws_apigateway_root_domain" {
  description = "Name of the public Route53 hosted zone for the custom domain; only then required."
  type        = string
  default     = null

  validation {
    condition     = var.aws_apigateway_root_domain == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.aws_apigateway_root_domain))
    error_message = "Write aws_apigateway_root_domain as a domain name in lower case without a dot at its end, for example \"example.com\"."
  }
}

variable "aws_apigateway_manage_account_logging" {
  description = "true: sets the role by which API Gateway writes logs, one per account and region for all APIs; their logs end on destroy. false: it must be set already."
  type        = bool
  default     = true
}

variable "aws_apigateway_detailed_metrics" {
  description = "true: metrics of each route in CloudWatch, billed as custom metrics, about 5 for each route that is called. Alarms and dashboard need none."
  type        = bool
  default     = false
}

variable "cors_allowed_origins" {
  description = "Origins whose web pages may call the API, for example [\"https://photos.example.com\"]; empty: none."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "Write each of cors_allowed_origins as scheme, host and port alone, for example \"https://photos.example.com\" or \"http://localhost:3000\"."
  }

  validation {
    condition     = length(join(",", var.cors_allowed_origins)) <= 2048
    error_message = "Lambda takes 4 kB of environment variables for a function: cors_allowed_origins may have 2,048 characters together."
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
  description = "Seconds that links to photos and presigned uploads work (1 to 3600): they end with the function's credentials at the latest."
  type        = number
  default     = 900

  validation {
    condition     = var.link_expiry_seconds == floor(var.link_expiry_seconds) && var.link_expiry_seconds >= 1 && var.link_expiry_seconds <= 3600
    error_message = "Write link_expiry_seconds as a whole number from 1 to 3600 (an hour): links are signed with a function's own credentials and end with them, whatever they promise."
  }
}

variable "noncurrent_version_days" {
  description = "Days that the bucket keeps a photo's earlier contents after it was replaced; erasing a photo erases them at once."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_version_days == floor(var.noncurrent_version_days) && var.noncurrent_version_days >= 1 && var.noncurrent_version_days <= 36500
    error_message = "Write noncurrent_version_days as a whole number of days from 1 to 36500."
  }
}

variable "quota_settings_limit" {
  description = "Requests that the API key may make per period. It bounds what a leaked key can cost, roughly: AWS may let some more pass."
  type        = number
  default     = 10000

  validation {
    condition     = var.quota_settings_limit == floor(var.quota_settings_limit) && var.quota_settings_limit >= 1 && var.quota_settings_limit <= 2147483647
    error_message = "Write quota_settings_limit as a whole number of requests from 1 to 2147483647."
  }
}

variable "quota_settings_offset" {
  description = "Where the quota's first period stands, in days: 0 of a DAY, 0 to 6 of a WEEK, 0 to 27 of a MONTH. No number of requests."
  type        = number
  default     = 0

  validation {
    condition     = var.quota_settings_offset == floor(var.quota_settings_offset) && var.quota_settings_offset >= 0 && var.quota_settings_offset <= lookup(local.last_quota_offset, var.quota_settings_period, 27)
    error_message = "API Gateway takes a quota_settings_offset of 0 with the period DAY, 0 to 6 with WEEK and 0 to 27 with MONTH, in whole numbers. Leave it at 0 unless you know that you need it."
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

variable "keyless_rate_limit" {
  description = "Requests per second to each of the routes that need no key, /health and /openapi.json, from everybody together."
  type        = number
  default     = 20

  validation {
    condition     = var.keyless_rate_limit >= 1 && var.keyless_rate_limit <= 10000
    error_message = "Write keyless_rate_limit as requests per second from 1 to 10000."
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
  description = "Memory of every function in MB (512 to 10240, of a new account to 3008); null: as lambdas/functions.yaml says for each."
  type        = number
  default     = null

  validation {
    condition     = var.lambda_memory_size == null || try(var.lambda_memory_size == floor(var.lambda_memory_size) && var.lambda_memory_size >= 512 && var.lambda_memory_size <= 10240, false)
    error_message = "Write lambda_memory_size as a whole number of MB from 512, which the search function needs for its pictures, to 10240; or leave it out."
  }
}

variable "lambda_timeout" {
  description = "Timeout of the index function in seconds (15 to 120); null: as lambdas/functions.yaml says. API Gateway waits for no other function longer than 29."
  type        = number
  default     = null

  validation {
    condition     = var.lambda_timeout == null || try(var.lambda_timeout == floor(var.lambda_timeout) && var.lambda_timeout >= 15 && var.lambda_timeout <= 120, false)
    error_message = "Write lambda_timeout as a whole number of seconds from 15 to 120, or leave it out. The eight deliveries of a message are over after two minutes: a photo whose index function died after a longer time would become a dead letter."
  }
}

variable "lambda_check_concurrency" {
  description = "true: a plan looks how many functions the account may run at once, and warns below 50. false: where Service Quotas may not be asked."
  type        = bool
  default     = true
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
  description = "ARNs in aws_region that alarms notify beside alarm_email, SNS topics for example."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_actions : can(regex("^arn:[a-z-]+:[a-z-]+:[a-z0-9-]*:[0-9]*:.+", arn))])
    error_message = "Write each of alarm_actions as an ARN, for example \"arn:aws:sns:us-east-1:123456789012:on-call\"."
  }

  validation {
    condition     = alltrue([for arn in var.alarm_actions : contains(["", var.aws_region], try(split(":", arn)[3], ""))])
    error_message = "An alarm of CloudWatch notifies what lies in its own region alone: write ARNs of ${var.aws_region} as alarm_actions."
  }

  validation {
    condition     = length(var.alarm_actions) <= 5
    error_message = "CloudWatch notifies at most 5 alarm_actions: let one SNS topic tell the others."
  }
}

variable "alarm_email" {
  description = "E-mail address that alarms notify through an SNS topic; AWS asks it to confirm first. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s,;<>]+@[^@\\s,;<>]+\\.[^@\\s,;<>]+$", var.alarm_email))
    error_message = "Write alarm_email as one address, for example \"on-call@example.com\", or leave it out."
  }

  validation {
    condition     = var.alarm_email == null || length(var.alarm_actions) <= 4
    error_message = "CloudWatch notifies at most 5 actions, and alarm_email is one of them: leave 4 alarm_actions."
  }
}

variable "alarm_usd_per_hour" {
  description = "US dollars of Rekognition in an hour, as the functions count them, above which an alarm trips; null: no such alarm."
  type        = number
  default     = 10

  validation {
    condition     = var.alarm_usd_per_hour == null || try(var.alarm_usd_per_hour > 0, false)
    error_message = "Write alarm_usd_per_hour in US dollars, more than 0, or null."
  }
}

variable "monthly_budget_usd" {
  description = "US dollars that the whole AWS account may cost in a month before alarm_email is told (at 80 %, at 100 %, and when it is foreseen); null: no budget."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd >= 1, false)
    error_message = "Write monthly_budget_usd in US dollars, at least 1, or leave it out."
  }

  validation {
    condition     = var.monthly_budget_usd == null || var.alarm_email != null
    error_message = "A budget stops nothing, it tells somebody: set alarm_email as well, or leave monthly_budget_usd out."
  }

  validation {
    condition     = var.monthly_budget_usd == null || !can(regex("^(us-gov|cn|eusc|us-iso|eu-iso)", var.aws_region))
    error_message = "AWS keeps budgets in US dollars in its commercial regions alone: leave monthly_budget_usd out and watch the account that pays."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds every role made here, where an account demands one; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+", var.permissions_boundary))
    error_message = "Write permissions_boundary as the ARN of a policy, for example \"arn:aws:iam::123456789012:policy/boundary\", or leave it out."
  }
}
