import { parse } from '@cdktf/hcl2json';
import { type Attributes, dataSources, resources } from './cloudflare-schema.ts';

/** What is known of a block: any value, or what it may hold. A string is a value, of whatever type. */
type Known = string | { readonly [name: string]: Known };
const leaf = 'any';

const named = (attributes: Attributes): Known =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [
      name,
      typeof attribute === 'string' ? leaf : named(attribute.attributes),
    ]),
  );
const ofCloudflare = Object.entries({ ...resources, ...dataSources }).map(
  ([type, attributes]) => [type, named(attributes)] as const,
);

/**
 * What we use, as the providers' documentation names it; of aws, google, azurerm and vault the pages of the resources named
 * here. Other names are refused.
 */
const known: Readonly<Record<string, Known>> = {
  ...Object.fromEntries(ofCloudflare),
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

type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What is wrong with a text of Terraform. Rejects where it is none. */
export async function wrongTerraform(text: string): Promise<readonly string[]> {
  const {
    resource,
    data,
    variable,
    output,
    locals,
    module: modules,
    terraform,
    ...rest
  } = await parse('main.tf', text);
  const stray = Object.keys(rest).map((block) => `unknown block ${block}`);
  const wrong = [resource, data].flatMap((kind: Blocks = {}) =>
    Object.entries(kind).flatMap(([type, named]) =>
      known[type] === undefined
        ? [`unknown type ${type}`]
        : Object.values(named).flatMap((one) => unknownAttributes(one, known[type] ?? leaf, type)),
    ),
  );
  return [...stray, ...wrong];
}

/** Of every resource: how many there are, and after what. */
const meta = ['count', 'for_each', 'depends_on'];

function unknownAttributes(value: unknown, attributes: Known, at: string): readonly string[] {
  // An expression says what it is only when it is evaluated: `terraform validate` checks it.
  if (typeof attributes === 'string' || (typeof value === 'string' && value.startsWith('${'))) return [];
  if (Array.isArray(value)) return value.flatMap((item) => unknownAttributes(item, attributes, at));
  if (typeof value !== 'object' || value === null) return [`${at} is not an object`];
  return Object.entries(value).flatMap(([name, item]) => {
    const inner = meta.includes(name) ? leaf : attributes[name];
    return inner === undefined
      ? [`${at}.${name} is not known`]
      : unknownAttributes(item, inner, `${at}.${name}`);
  });
}
