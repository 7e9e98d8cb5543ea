# What went through the local TLS proxies of a computer to a cluster and was no plain read, or was refused.
# Run: k8s-tunnels audit --json --limit 100000 | jq -r --arg cluster payments-staging-eu -f k8s-tunnels.jq
.entries[]
| select(.event != "lost" and .title == $cluster)
| select((.verb | IN("get", "list", "watch") | not) or .refused == true or .status == 401 or .status == 403)
| [
    .at,
    .client,
    .verb,
    ([.resource, .subresource] | map(values) | join("/")),
    ([.namespace, .name] | map(values) | join("/")),
    .status,
    (if .refused then "refused here" elif .readOnly then "read-only" else "" end)
  ]
| @tsv
