# What a user changed, ran or read of Secrets. Input: the API server's audit log (audit.k8s.io/v1), one event a line.
# Run: jq -r --arg user ada@acme.example -f kubernetes.jq /var/log/kubernetes/audit.log
# The user is the end of the name: EKS names the role too. Everybody with --arg user ''.
select(.stage == "ResponseComplete" and (.user.username | endswith($user)))
| .objectRef as $object
| select(
    (.verb | IN("get", "list", "watch") | not)
    or $object.resource == "secrets"
    or ($object.subresource | IN("exec", "attach", "portforward", "proxy"))
  )
| [
    .requestReceivedTimestamp,
    .user.username,
    .verb,
    ([$object.resource, $object.subresource] | map(values) | join("/")),
    ([$object.namespace, $object.name] | map(values) | join("/")),
    .responseStatus.code,
    .sourceIPs[0],
    .userAgent
  ]
| @tsv
