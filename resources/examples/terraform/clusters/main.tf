# Your clusters and the groups that reach them, for all that depends on it: Access (../main.tf) and the tags of the clouds
# (../clouds/main.tf). It needs no provider, so that the Terraform of each cluster can use it as a module, too.

locals {
  # As in your configuration: `tagPrefix` and `production.environments`.
  tag_prefix = "k8s-tunnels-"
  production = ["production", "prod"]

  # What your identity provider calls a group: Entra ID its object id, Google Workspace its address, the others its name.
  groups = {
    payments = "payments@acme.example"
    sre      = "sre@acme.example"
  }

  clusters = {
    payments-staging = {
      hostname    = "payments-staging.k8s.acme.example"
      environment = "staging"
      groups      = ["payments", "sre"]
      owner       = "team-payments@acme.example"
      machines    = true # CI may pass with the service token
    }
    payments-prod = {
      hostname    = "payments-prod.k8s.acme.example"
      environment = "production" # a stricter policy
      groups      = ["sre"]
      owner       = "team-payments@acme.example"
      machines    = false
    }
  }

  values = {
    for name, cluster in local.clusters : name => merge(
      {
        "${local.tag_prefix}hostname"    = cluster.hostname
        "${local.tag_prefix}origin"      = "tcp" # what ../cluster/main.tf publishes
        "${local.tag_prefix}environment" = cluster.environment
        "${local.tag_prefix}owner"       = cluster.owner
      },
      # A cluster for machines alone has no groups.
      length(cluster.groups) == 0 ? {} : {
        "${local.tag_prefix}groups" = join("+", [for group in cluster.groups : local.groups[group]])
      },
    )
  }

  # A label of GKE takes lower case letters, digits, - and _: a dot is written _, any other character __ and its code.
  encoded = {
    for name, values in local.values : name => {
      for key, value in values : key =>
      replace(replace(replace(replace(replace(lower(value), "_", "__5f"), ".", "_"), "@", "__40"), "+", "__2b"), " ", "__20")
    }
  }
}

output "groups" {
  value = local.groups
}

output "clusters" {
  value = {
    for name, cluster in local.clusters : name => merge(cluster, {
      production = contains(local.production, lower(cluster.environment))
    })
  }

  precondition {
    condition     = alltrue([for cluster in local.clusters : length(cluster.groups) > 0 || cluster.machines])
    error_message = "Each cluster needs a group or machines: nobody would pass its application."
  }
}

# For AWS, Azure and Vault, by cluster. What could be a label is read as one.
output "tags" {
  value = {
    for name, values in local.values : name => {
      for key, value in values : key => can(regex("^[a-z0-9_-]*$", value)) ? local.encoded[name][key] : value
    }
  }
}

# For GKE, by cluster: at most 63 characters in each label, the rest in KEY-2, KEY-3.
output "labels" {
  value = {
    for name, values in local.encoded : name => merge([
      for key, value in values : {
        for index, part in regexall(".{1,63}", value) : index == 0 ? key : "${key}-${index + 1}" => part
      }
    ]...)
  }

  precondition {
    condition     = alltrue(flatten([for values in local.encoded : [for value in values : can(regex("^[a-z0-9_-]+$", value))]]))
    error_message = "A value has a character that this file does not encode: `k8s-tunnels tags` prints its label."
  }
}
