# The tags that make a cluster reachable, in each cloud: to be merged into the resources that you have, which need more than this.

module "clusters" {
  source = "../clusters"
}

resource "aws_eks_cluster" "payments" {
  name     = "payments-staging"
  role_arn = var.cluster_role
  tags     = module.clusters.tags["payments-staging"]

  vpc_config {
    subnet_ids              = var.subnets
    endpoint_private_access = true
    endpoint_public_access  = false
  }
}

resource "google_container_cluster" "payments" {
  name            = "payments-staging"
  location        = "europe-west1"
  resource_labels = module.clusters.labels["payments-staging"]
}

resource "azurerm_kubernetes_cluster" "payments" {
  name                    = "payments-staging"
  location                = "westeurope"
  resource_group_name     = "payments"
  dns_prefix              = "payments"
  private_cluster_enabled = true
  tags                    = module.clusters.tags["payments-staging"]

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
    data = module.clusters.tags["payments-staging"]
  }
}

variable "cluster_role" { type = string }
variable "subnets" { type = list(string) }
variable "authority" { type = string }
