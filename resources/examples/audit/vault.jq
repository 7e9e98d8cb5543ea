# Who read the secret of a cluster. Input: the file of a Vault audit device, one object a line.
# Run: jq -r --arg mount clusters -f vault.jq /var/log/vault/audit.log
# Accessors are hashed, unless the device was enabled with hmac_accessor=false.
select(.type == "response" and (.request.path | startswith($mount + "/")))
| [.time, .auth.display_name, .auth.accessor, .request.operation, .request.path, .request.remote_address, .error // "ok"]
| @tsv
