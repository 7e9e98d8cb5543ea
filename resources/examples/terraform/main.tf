# Cloudflare's side of all clusters of clusters/main.tf. Nothing here is to be edited for one more cluster.
terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
  }
}

variable "account_id" { type = string }
variable "zone_id" { type = string }

variable "identity_provider" {
  type        = object({ id = string, kind = string })
  description = "Its id in Access, and the kind: azure_ad, gsuite, okta, oidc or saml."

  validation {
    condition     = contains(["azure_ad", "gsuite", "okta", "oidc", "saml"], var.identity_provider.kind)
    error_message = "The kind is azure_ad, gsuite, okta, oidc or saml."
  }
}

variable "device_posture" {
  type        = bool
  default     = true
  description = "Asks for an encrypted disk, which Cloudflare's client on the device reports."
}

variable "alert_email" {
  type        = string
  description = "Who hears of a tunnel that is down, and of a service token that ends."
}

module "clusters" {
  source = "./clusters"
}

locals {
  # The policies of each cluster, in the order in which Access reads them.
  policies = {
    for name, cluster in module.clusters.clusters : name => concat(
      cluster.machines ? [cloudflare_zero_trust_access_policy.machines.id] : [],
      [
        for group in cluster.groups :
        cluster.production
        ? cloudflare_zero_trust_access_policy.production[group].id
        : cloudflare_zero_trust_access_policy.people[group].id
      ],
    )
  }
}

module "cluster" {
  source   = "./cluster"
  for_each = module.clusters.clusters

  account_id       = var.account_id
  zone_id          = var.zone_id
  name             = each.key
  hostname         = each.value.hostname
  session_duration = each.value.production ? "1h" : "24h"
  policies         = local.policies[each.key]
}

# For remotely-managed.yaml, by cluster.
output "tunnel_tokens" {
  value     = { for name, cluster in module.cluster : name => cluster.tunnel_token }
  sensitive = true
}

output "service_token_client_id" {
  value = cloudflare_zero_trust_access_service_token.ci.client_id
}

output "service_token_client_secret" {
  value     = cloudflare_zero_trust_access_service_token.ci.client_secret
  sensitive = true
}
