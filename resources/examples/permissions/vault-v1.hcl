# KV version 1, mounted at factories.
path "factories/*" {
  capabilities = ["list", "read"]
}
