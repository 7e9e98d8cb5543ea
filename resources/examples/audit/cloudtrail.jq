# Who tagged a cluster, changed who may enter it, or took credentials of a role. Input: a file of CloudTrail.
# Run: gunzip -c FILE.json.gz | jq -r -f cloudtrail.jq
.Records[]
| select(
    (.eventSource == "eks.amazonaws.com" and (.eventName | IN(
      "TagResource", "UntagResource", "CreateAccessEntry", "UpdateAccessEntry", "DeleteAccessEntry",
      "AssociateAccessPolicy", "DisassociateAccessPolicy", "UpdateClusterConfig"
    )))
    or (.eventSource == "sts.amazonaws.com" and (.eventName | startswith("AssumeRole")))
    or (.eventSource == "sso.amazonaws.com" and .eventName == "GetRoleCredentials")
  )
| [
    .eventTime,
    (.userIdentity.arn // .userIdentity.userName // .userIdentity.principalId),
    .eventName,
    (.requestParameters // {} | .resourceArn // .name // .roleArn // .role_name // ""),
    (.requestParameters.tags // {} | tojson),
    .sourceIPAddress,
    .errorCode // "ok"
  ]
| @tsv
