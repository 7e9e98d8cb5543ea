# The same from Logpush, dataset access_requests, one object a line.
# Run: jq -r --arg host payments-staging.k8s.acme.example -f access-logpush.jq
select(.AppDomain | split("/")[0] == $host)
| [.CreatedAt, .Email, .Action, (if .Allowed then "allowed" else "denied" end), .IPAddress, .RayID]
| @tsv
