import type { TagField } from '../../main/agent/catalog/tag-checks.ts';

/** What each tag says, without the prefix of its key. */
export const tagTexts: Readonly<Record<TagField, string>> = {
  hostname:
    'The hostname of the cluster\'s Access application. Without it a cluster is listed as "no tunnel".',
  origin:
    'What the origin publishes there: `socks` (default), `tcp`, or `https`, the API itself as [a web application](admin.md#an-api-as-a-web-application).',
  destination: '`host:port` of the API server as the tunnel sees it, for an application in bastion mode.',
  name: 'The name that users see; the name at its source when left out ([context names](admin.md#context-names)).',
  environment:
    'Such as `staging`. One of the values in `production.environments` (`production` and `prod` when left out) turns the guard of production on.',
  group: 'What the cluster is listed under.',
  groups:
    "Who gets the cluster from your organisation's catalog: groups separated by `+` or commas, or `everyone` ([publish the catalog](admin.md#7-publish-the-catalog)).",
  namespace: "The namespace of the cluster's context; `default` when left out.",
  connector:
    'Its [connector](admin.md#connectors): `auto` (default), `builtin`, `cloudflared` or `direct`, where your organisation allows it.',
  entry:
    "The form of its kubeconfig entry: `socks5`, `connect` (HTTP CONNECT) or `tls` (a local TLS proxy, for clients that support neither). Overrides the setting `entryForm`; the user's own choice for one cluster overrides the tag. With the origin `https` it is always `tls`.",
  exec: 'The exec credential API in that entry: `v1`, or `v1beta1` for kubectl before 1.22. Overrides the setting `execApiVersion`.',
  'server-name': "The name in the API server's certificate, where it is not the server's host.",
  endpoint:
    'Which address of an AKS or GKE cluster to use, `private` or `public`. Without it the private one where there is one, and for `direct` the public one of AKS. Where the far end of the tunnel does not know the name of an AKS cluster, its other name is tried.',
  role: 'The AWS role or profile that signs in to an EKS cluster, where several reach its account ([AWS identities](admin.md#aws-identities)).',
  owner: 'Whom to ask about the cluster.',
  description: 'What the cluster is.',
  docs: 'A web page about it, `https://` or `http://`.',
};
