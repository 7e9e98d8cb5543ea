import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';

/**
 * A hint may name a variable only if setting it changes what happens. Each variable has the test that shows it, by file
 * and title.
 */

const root = path.resolve(import.meta.dirname, '..');

const shown: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'agent/providers/aws/environment.test › half of a pair names the other half',
  AWS_PROFILE:
    'agent/providers/aws/choice.test › an AWS_PROFILE that does not exist lets no other identity sign',
  AWS_REGION: 'agent/providers/aws/environment.test › keys of another partition are shown to its own region',
  AWS_ROLE_ARN: 'agent/providers/aws/environment.test › half of a pair names the other half',
  AWS_SECRET_ACCESS_KEY: 'agent/providers/aws/environment.test › half of a pair names the other half',
  AWS_WEB_IDENTITY_TOKEN_FILE: 'agent/providers/aws/environment.test › half of a pair names the other half',
  AZURE_AUTHORITY_HOST:
    'agent/providers/azure/azure-cloud.test › AZURE_AUTHORITY_HOST %j and the cloud %s of az',
  AZURE_CLIENT_ID: 'agent/providers/azure/aks.test › an application finds those of its own tenant',
  AZURE_TENANT_ID:
    'agent/providers/azure/aks.test › an application that is refused does not stand in the way',
  BROWSER: 'agent/open-url.test › a program named by BROWSER is given the page too',
  CATALOG_PUBLIC_KEY: 'worker/catalog-publish.test › and taken with each of the Worker’s keys',
  CLOUDSDK_API_ENDPOINT_OVERRIDES_:
    'agent/providers/gcp/gke.test › an address in gcloud’s settings that is none names the setting',
  GOOGLE_APPLICATION_CREDENTIALS:
    'agent/providers/gcp/gke.test › a file named by GOOGLE_APPLICATION_CREDENTIALS counts',
  GOOGLE_CLOUD_QUOTA_PROJECT:
    'agent/providers/gcp/gke.test › which Google does not accept, names it and how to change it',
  GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES:
    'agent/providers/gcp/gke.test › a program that may not run is named, with the variable that allows it',
  HTTPS_PROXY: 'agent/network/network.test › asks with user and password',
  K8S_TUNNELS_ACCESS_CLIENT_ID: 'cli/publish/options.test › K8S_TUNNELS_ACCESS_CLIENT_ID',
  K8S_TUNNELS_ACCESS_CLIENT_SECRET: 'cli/publish/options.test › and K8S_TUNNELS_ACCESS_CLIENT_SECRET',
  K8S_TUNNELS_CATALOG_KEY: 'cli/publish/options.test › K8S_TUNNELS_CATALOG_KEY signs',
  K8S_TUNNELS_CATALOG_URL: 'cli/publish/options.test › K8S_TUNNELS_CATALOG_URL is the Worker',
  K8S_TUNNELS_CLOUDFLARED:
    "agent/tunnels/cloudflared.test › prefers the package's own, then the one that is named",
  K8S_TUNNELS_PUBLISH_SECRET: 'cli/publish/options.test › K8S_TUNNELS_PUBLISH_SECRET is sent',
  KUBECONFIG: 'agent/kubeconfig/list.test › empty, repeated and aliased entries of KUBECONFIG',
  NODE_EXTRA_CA_CERTS: 'agent/network/trust.test › are those of the file that %s names',
  NO_PROXY: 'agent/network/network.test › is passed by for the hosts of NO_PROXY',
  PUBLISH_SECRET: 'worker/catalog-publish.test › nobody where it is not set up',
  VAULT_ADDR: 'agent/providers/vault/vault.test › without VAULT_ADDR there is nothing to read',
  VAULT_CACERT: 'agent/providers/vault/tls.test › VAULT_CACERT is the only authority then',
  VAULT_TOKEN: 'agent/providers/vault/vault.test › VAULT_TOKEN comes before the file',
  XDG_RUNTIME_DIR: 'api/socket/election.test › is not made where other accounts may rename it',
};

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One that ends with an underscore is continued by a value. */
const variable = /\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+_?|BROWSER|KUBECONFIG)\b/g;

/** The variables that texts below a node name, also by a constant of its file. */
function variablesIn(value: unknown, constants: ReadonlyMap<string, string>): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => variablesIn(one, constants));
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node;
  const { value: text } = node;
  const own =
    node.type === 'Literal' && typeof text === 'string'
      ? text
      : node.type === 'TemplateElement'
        ? String((text as { readonly cooked: string }).cooked)
        : node.type === 'Identifier'
          ? (constants.get(String(node.name)) ?? '')
          : '';
  return [
    ...(own.match(variable) ?? []),
    ...Object.values(node).flatMap((one) => variablesIn(one, constants)),
  ];
}

/** The texts of `const NAME = 'TEXT'` at the top of a file. */
function constantsIn(body: readonly unknown[]): ReadonlyMap<string, string> {
  const declarations = (body as readonly Node[]).flatMap(({ type, declarations: all = [] }) =>
    type === 'VariableDeclaration' ? (all as readonly Node[]) : [],
  );
  return new Map(
    declarations.flatMap(({ id, init }) => {
      const { value: text } = (init ?? {}) as { readonly value?: unknown };
      return typeof text === 'string' ? [[String((id as Node).name), text]] : [];
    }),
  );
}

/** The texts of every `hint`, `hint = …`, and constant and function whose name ends in hint. */
function hintsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(hintsIn);
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node;
  const name = (at: unknown) => String((at as { readonly name?: string } | undefined)?.name ?? '');
  const isHint =
    (node.type === 'Property' && name(node.key) === 'hint') ||
    (node.type === 'VariableDeclarator' && /hint$/i.test(name(node.id)));
  const isMaker = node.type === 'FunctionDeclaration' && /hint$/i.test(name(node.id));
  const own = isMaker ? [node.body] : isHint ? [node.type === 'Property' ? node.value : node.init] : [];
  return [...own, ...Object.values(node).flatMap(hintsIn)];
}

const sources = (await readdir(path.join(root, 'main'), { recursive: true })).filter((file) =>
  file.endsWith('.ts'),
);
const named = new Map<string, string>();
for (const file of sources) {
  const { program } = parseSync(file, await readFile(path.join(root, 'main', file), 'utf8'));
  const constants = constantsIn(program.body);
  for (const hint of hintsIn(program)) for (const one of variablesIn(hint, constants)) named.set(one, file);
}

test('every variable that a hint names has the test that shows its effect', () => {
  expect([...named].filter(([one]) => shown[one] === undefined)).toEqual([]);
  expect(named.size).toBeGreaterThan(7);
});

test.each(Object.entries(shown))('%s is named, and its test is there: %s', async (one, where) => {
  expect([...named.keys()]).toContain(one);
  const [file = '', title = ''] = where.split(' › ');
  const source = await readFile(path.join(root, 'test', `${file}.ts`), 'utf8');
  expect(source).toContain(title);
  expect(source).toContain(one);
});
