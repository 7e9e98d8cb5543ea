# One cluster behind Access: a remotely managed tunnel that publishes the API server, its DNS name, and an application that
# people pass by their identity and a sound device, and machines by a service token.
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

variable "hostname" {
  type    = string
  default = "payments-staging.k8s.acme.example"
}

variable "email_domain" {
  type    = string
  default = "acme.example"
}

resource "cloudflare_zero_trust_tunnel_cloudflared" "cluster" {
  account_id = var.account_id
  name       = "payments-staging"
  config_src = "cloudflare"
}

# Of a remotely managed tunnel the SOCKS server cannot be held to addresses here: publish the API server alone.
resource "cloudflare_zero_trust_tunnel_cloudflared_config" "cluster" {
  account_id = var.account_id
  tunnel_id  = cloudflare_zero_trust_tunnel_cloudflared.cluster.id

  config = {
    ingress = [
      {
        hostname = var.hostname
        service  = "tcp://kubernetes.default.svc:443"
      },
      {
        service = "http_status:404"
      },
    ]
  }
}

resource "cloudflare_dns_record" "cluster" {
  zone_id = var.zone_id
  name    = var.hostname
  type    = "CNAME"
  content = "${cloudflare_zero_trust_tunnel_cloudflared.cluster.id}.cfargotunnel.com"
  proxied = true
  ttl     = 1
}

resource "cloudflare_zero_trust_device_posture_rule" "disk" {
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
  account_id = var.account_id
  name       = "engineers on sound devices"
  decision   = "allow"

  include = [{
    email_domain = { domain = var.email_domain }
  }]

  require = [{
    device_posture = { integration_uid = cloudflare_zero_trust_device_posture_rule.disk.id }
  }]
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

resource "cloudflare_zero_trust_access_application" "cluster" {
  account_id                = var.account_id
  name                      = "payments-staging (Kubernetes)"
  type                      = "self_hosted"
  domain                    = var.hostname
  session_duration          = "24h"
  app_launcher_visible      = false
  auto_redirect_to_identity = false
  custom_deny_message       = "Ask #platform for access"

  policies = [
    { id = cloudflare_zero_trust_access_policy.machines.id, precedence = 1 },
    { id = cloudflare_zero_trust_access_policy.people.id, precedence = 2 },
  ]
}

# For remotely-managed.yaml.
data "cloudflare_zero_trust_tunnel_cloudflared_token" "cluster" {
  account_id = var.account_id
  tunnel_id  = cloudflare_zero_trust_tunnel_cloudflared.cluster.id
}

output "tunnel_token" {
  value     = data.cloudflare_zero_trust_tunnel_cloudflared_token.cluster.token
  sensitive = true
}

output "service_token_client_id" {
  value = cloudflare_zero_trust_access_service_token.ci.client_id
}

output "service_token_client_secret" {
  value     = cloudflare_zero_trust_access_service_token.ci.client_secret
  sensitive = true
}
