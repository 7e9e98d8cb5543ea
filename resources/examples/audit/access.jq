# Who signed in to the application of a hostname, from where. Input: the answer of Cloudflare's API to
# GET /accounts/ACCOUNT_ID/access/logs/access_requests. Run: jq -r --arg host payments-staging.k8s.acme.example -f access.jq
.result[]
| select(.app_domain | split("/")[0] == $host)
| [.created_at, .user_email, .action, (if .allowed then "allowed" else "denied" end), .ip_address, .ray_id]
| @tsv
