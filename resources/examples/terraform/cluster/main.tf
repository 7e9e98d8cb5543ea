# Cloudflare's side of one cluster: a remotely managed tunnel that publishes its API server, the DNS name, and an application
# of its own.
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
variable "name" { type = string }
variable "hostname" { type = string }
variable "session_duration" { type = string }

variable "policies" {
  type        = list(string)
  description = "The ids of the policies, in the order in which Access reads them."
}

resource "cloudflare_zero_trust_tunnel_cloudflared" "cluster" {
  account_id = var.account_id
  name       = var.name
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

# A name without an application is open to everybody.
resource "cloudflare_dns_record" "cluster" {
  depends_on = [cloudflare_zero_trust_access_application.cluster]

  zone_id = var.zone_id
  name    = var.hostname
  type    = "CNAME"
  content = "${cloudflare_zero_trust_tunnel_cloudflared.cluster.id}.cfargotunnel.com"
  proxied = true
  ttl     = 1
}

resource "cloudflare_zero_trust_access_application" "cluster" {
  account_id                = var.account_id
  name                      = "${var.name} (Kubernetes)"
  type                      = "self_hosted"
  domain                    = var.hostname
  session_duration          = var.session_duration
  app_launcher_visible      = false
  auto_redirect_to_identity = false
  custom_deny_message       = "Ask #platform for access"

  policies = [for index, id in var.policies : { id = id, precedence = index + 1 }]
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
