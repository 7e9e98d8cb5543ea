# The policies, made once and shared by the applications: for each group one, and one more for production.

locals {
  # One rule for each group, as its identity provider has it; the others are left out.
  rules = {
    for name, group in module.clusters.groups : name => {
      azure_ad = var.identity_provider.kind == "azure_ad" ? { id = group, identity_provider_id = var.identity_provider.id } : null
      gsuite   = var.identity_provider.kind == "gsuite" ? { email = group, identity_provider_id = var.identity_provider.id } : null
      okta     = var.identity_provider.kind == "okta" ? { name = group, identity_provider_id = var.identity_provider.id } : null
      oidc     = var.identity_provider.kind == "oidc" ? { claim_name = "groups", claim_value = group, identity_provider_id = var.identity_provider.id } : null
      saml     = var.identity_provider.kind == "saml" ? { attribute_name = "groups", attribute_value = group, identity_provider_id = var.identity_provider.id } : null
    }
  }

  sound_device = [
    for rule in cloudflare_zero_trust_device_posture_rule.disk : { device_posture = { integration_uid = rule.id } }
  ]
}

resource "cloudflare_zero_trust_device_posture_rule" "disk" {
  count = var.device_posture ? 1 : 0

  account_id  = var.account_id
  name        = "disk-encryption"
  description = "disk encryption"
  type        = "disk_encryption"

  input = {
    require_all = true
  }

  match = [
    { platform = "mac" },
    { platform = "windows" },
    { platform = "linux" },
  ]
}

resource "cloudflare_zero_trust_access_policy" "people" {
  for_each = module.clusters.groups

  account_id = var.account_id
  name       = each.key
  decision   = "allow"

  include = [local.rules[each.key]]
  require = var.device_posture ? local.sound_device : null
}

resource "cloudflare_zero_trust_access_policy" "production" {
  for_each = module.clusters.groups

  account_id       = var.account_id
  name             = "${each.key} in production"
  decision         = "allow"
  session_duration = "1h"

  include = [local.rules[each.key]]

  # All of them. "mfa" is what the identity provider reports of the login (RFC 8176).
  require = concat(local.sound_device, [{ auth_method = { auth_method = "mfa" } }])

  purpose_justification_required = true
  purpose_justification_prompt   = "The ticket, and what you are going to do"
}

resource "cloudflare_zero_trust_access_service_token" "ci" {
  account_id = var.account_id
  name       = "k8s-tunnels in CI"
  duration   = "8760h"
}

# "non_identity" is what the dashboard calls Service Auth.
resource "cloudflare_zero_trust_access_policy" "machines" {
  account_id = var.account_id
  name       = "k8s-tunnels in CI"
  decision   = "non_identity"

  include = [{
    service_token = { token_id = cloudflare_zero_trust_access_service_token.ci.id }
  }]
}

# A week before a service token ends, and when a tunnel changes its health.
resource "cloudflare_notification_policy" "alerts" {
  for_each = toset(["expiring_service_token_alert", "tunnel_health_event"])

  account_id = var.account_id
  name       = "k8s-tunnels: ${each.key}"
  alert_type = each.key
  enabled    = true

  mechanisms = {
    email = [{ id = var.alert_email }]
  }
}
