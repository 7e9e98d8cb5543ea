# KV version 2, mounted at clusters.
path "clusters/metadata/*" {
  capabilities = ["list"]
}

path "clusters/data/*" {
  capabilities = ["read"]
}
