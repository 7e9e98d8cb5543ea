# `terraform test`, before each change: it needs no account, and makes nothing.
mock_provider "cloudflare" {}

variables {
  account_id        = "023e105f4ecef8ad9ca31a8372d0c353"
  zone_id           = "9a7806061c88ada191ed06f989cc3dac"
  identity_provider = { id = "699d98642c564d2e855e9661899b7252", kind = "gsuite" }
  alert_email       = "platform@acme.example"
}

run "production_has_policies_of_its_own" {
  assert {
    condition = alltrue(flatten([
      for name, cluster in module.clusters.clusters : [
        for id in local.policies[name] : contains(values(cloudflare_zero_trust_access_policy.production)[*].id, id)
      ] if cluster.production
    ]))
    error_message = "A cluster of production has a policy that is not one of production: a machine, or a weaker one."
  }

  assert {
    condition = alltrue([
      for policy in cloudflare_zero_trust_access_policy.production :
      policy.session_duration == "1h" && policy.purpose_justification_required && length(policy.require) == 2
    ])
    error_message = "A policy of production ends within the hour, asks for the reason, a sound device and a second factor."
  }

  assert {
    condition     = alltrue([for policies in local.policies : length(policies) > 0])
    error_message = "A cluster without a policy can be reached by nobody."
  }
}

run "the_group_is_a_rule_of_the_identity_provider" {
  variables {
    identity_provider = { id = "699d98642c564d2e855e9661899b7252", kind = "okta" }
  }

  assert {
    condition = alltrue([
      for policy in cloudflare_zero_trust_access_policy.people :
      alltrue([for rule in policy.include : rule.okta != null && rule.gsuite == null])
    ])
    error_message = "A policy names its group as another identity provider does."
  }
}

run "without_a_client_on_the_device_production_still_asks_for_a_second_factor" {
  variables {
    device_posture = false
  }

  assert {
    condition = alltrue([
      for policy in cloudflare_zero_trust_access_policy.production :
      [for rule in policy.require : rule.auth_method.auth_method] == ["mfa"]
    ])
    error_message = "A policy of production asks for another thing than the second factor."
  }
}

run "another_kind_of_identity_provider_is_refused" {
  command = plan

  variables {
    identity_provider = { id = "699d98642c564d2e855e9661899b7252", kind = "entra" }
  }

  expect_failures = [var.identity_provider]
}
