import { parse } from '@cdktf/hcl2json';

/** Attributes of a resource or a data source, nested as they are; `leaf` is a value of any kind. */
const leaf = true;
type Attributes = typeof leaf | { readonly [name: string]: Attributes };

const rule: Attributes = {
  email_domain: { domain: leaf },
  device_posture: { integration_uid: leaf },
  service_token: { token_id: leaf },
};

/**
 * What we use, as the providers' documentation names it: of cloudflare `docs/resources/*.md` and `docs/data-sources/*.md`
 * of version 5; of aws, google, azurerm and vault the pages of the resources named here. Other names are refused.
 */
const known: Readonly<Record<string, Attributes>> = {
  cloudflare_zero_trust_tunnel_cloudflared: { account_id: leaf, name: leaf, config_src: leaf },
  cloudflare_zero_trust_tunnel_cloudflared_config: {
    account_id: leaf,
    tunnel_id: leaf,
    config: { ingress: { hostname: leaf, service: leaf } },
  },
  cloudflare_zero_trust_tunnel_cloudflared_token: { account_id: leaf, tunnel_id: leaf },
  cloudflare_dns_record: { zone_id: leaf, name: leaf, type: leaf, content: leaf, proxied: leaf, ttl: leaf },
  cloudflare_zero_trust_device_posture_rule: {
    ...{ account_id: leaf, name: leaf, description: leaf, type: leaf },
    input: { require_all: leaf },
    match: { platform: leaf },
  },
  cloudflare_zero_trust_access_policy: {
    account_id: leaf,
    name: leaf,
    decision: leaf,
    include: rule,
    require: rule,
  },
  cloudflare_zero_trust_access_service_token: { account_id: leaf, name: leaf, duration: leaf },
  cloudflare_zero_trust_access_application: {
    ...{ account_id: leaf, name: leaf, type: leaf, domain: leaf, session_duration: leaf },
    ...{ app_launcher_visible: leaf, auto_redirect_to_identity: leaf, custom_deny_message: leaf },
    policies: { id: leaf, precedence: leaf },
  },
  aws_eks_cluster: {
    ...{ name: leaf, role_arn: leaf, tags: leaf },
    vpc_config: { subnet_ids: leaf, endpoint_private_access: leaf, endpoint_public_access: leaf },
  },
  google_container_cluster: { name: leaf, location: leaf, resource_labels: leaf },
  azurerm_kubernetes_cluster: {
    ...{ name: leaf, location: leaf, resource_group_name: leaf, dns_prefix: leaf, tags: leaf },
    private_cluster_enabled: leaf,
    default_node_pool: { name: leaf, vm_size: leaf },
    identity: { type: leaf },
  },
  vault_kv_secret_v2: { mount: leaf, name: leaf, data_json: leaf, custom_metadata: { data: leaf } },
};

type Named = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What is wrong with a text of Terraform. Rejects where it is none. */
export async function wrongTerraform(text: string): Promise<readonly string[]> {
  const { resource, data, variable, output, locals, terraform, ...rest } = await parse('main.tf', text);
  const stray = Object.keys(rest).map((block) => `unknown block ${block}`);
  const wrong = [resource, data].flatMap((kind: Named = {}) =>
    Object.entries(kind).flatMap(([type, named]) =>
      known[type] === undefined
        ? [`unknown type ${type}`]
        : Object.values(named).flatMap((one) => unknownAttributes(one, known[type] ?? leaf, type)),
    ),
  );
  return [...stray, ...wrong];
}

function unknownAttributes(value: unknown, attributes: Attributes, at: string): readonly string[] {
  if (attributes === leaf) return [];
  if (Array.isArray(value)) return value.flatMap((item) => unknownAttributes(item, attributes, at));
  if (typeof value !== 'object' || value === null) return [`${at} is not an object`];
  return Object.entries(value).flatMap(([name, item]) => {
    const inner = attributes[name];
    return inner === undefined
      ? [`${at}.${name} is not known`]
      : unknownAttributes(item, inner, `${at}.${name}`);
  });
}
