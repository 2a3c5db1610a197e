# A tag of var.tags takes the place of ours of the same name in any case: IAM does not tell Project and project apart.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  alarm_email = "on-call@example.com"
}

run "ours" {
  command = plan

  assert {
    condition     = local.tags == { project = "faceprint", shared_resource_identifier = "rekognition" }
    error_message = "Without any tags every resource must have ours."
  }
}

run "theirs_beside_ours" {
  command = plan

  variables {
    tags = { Owner = "me", "cost center" = "Größe 4/2" }
  }

  assert {
    condition     = local.tags == { project = "faceprint", shared_resource_identifier = "rekognition", Owner = "me", "cost center" = "Größe 4/2" }
    error_message = "Tags of other names must stand beside ours."
  }
}

run "theirs_instead_of_ours" {
  command = plan

  variables {
    tags = { PROJECT = "x", Shared_Resource_Identifier = "y" }
  }

  assert {
    condition     = local.tags == { PROJECT = "x", Shared_Resource_Identifier = "y" }
    error_message = "A tag of one of our names in any case must replace ours."
  }
}

run "fifty_with_two_of_our_names" {
  command = plan

  variables {
    tags = merge({ Project = "x", SHARED_RESOURCE_IDENTIFIER = "y" }, { for number in range(48) : "tag-${number}" => "" })
  }

  assert {
    condition     = length(local.tags) == 50
    error_message = "Tags that replace ours must not be counted twice."
  }
}
