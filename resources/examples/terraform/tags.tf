# The tags that make a cluster reachable, in each cloud: to be merged into the resources that you have. `...` of them is left out.

# AWS and Azure take values as they are.
locals {
  tags = {
    k8s-tunnels-hostname    = "payments-staging.k8s.acme.example"
    k8s-tunnels-origin      = "tcp"
    k8s-tunnels-environment = "staging"
    k8s-tunnels-owner       = "team-payments@acme.example"
  }

  # A label of GKE takes lower case letters, digits, - and _: a dot is written _, and @ is written __40.
  labels = {
    k8s-tunnels-hostname    = "payments-staging_k8s_acme_example"
    k8s-tunnels-origin      = "tcp"
    k8s-tunnels-environment = "staging"
    k8s-tunnels-owner       = "team-payments__40acme_example"
  }
}

resource "aws_eks_cluster" "payments" {
  name     = "payments-staging"
  role_arn = var.cluster_role
  tags     = local.tags

  vpc_config {
    subnet_ids              = var.subnets
    endpoint_private_access = true
    endpoint_public_access  = false
  }
}

resource "google_container_cluster" "payments" {
  name            = "payments-staging"
  location        = "europe-west1"
  resource_labels = local.labels
}

resource "azurerm_kubernetes_cluster" "payments" {
  name                    = "payments-staging"
  location                = "westeurope"
  resource_group_name     = "payments"
  dns_prefix              = "payments"
  private_cluster_enabled = true
  tags                    = local.tags

  default_node_pool {
    name    = "system"
    vm_size = "Standard_D4s_v5"
  }

  identity {
    type = "SystemAssigned"
  }
}

# On premises: the secret of KV version 2 says how to reach the API server, its custom metadata are the tags.
resource "vault_kv_secret_v2" "payments" {
  mount = "clusters"
  name  = "berlin/payments"

  data_json = jsonencode({
    server                       = "https://payments.berlin.acme.example:6443"
    "certificate-authority-data" = var.authority
    "oidc-issuer-url"            = "https://id.acme.example/realms/kubernetes"
    "oidc-client-id"             = "kubernetes"
  })

  custom_metadata {
    data = local.tags
  }
}

variable "cluster_role" { type = string }
variable "subnets" { type = list(string) }
variable "authority" { type = string }
