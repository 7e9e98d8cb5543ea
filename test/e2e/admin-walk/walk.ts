import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse as parseHcl } from '@cdktf/hcl2json';
import { execa } from 'execa';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { type Publisher, startPublisher } from '../../agent/organisation/publisher.ts';
import { builtProgram } from '../../cli/run-cli.ts';
import { type Block, blocksOf, root } from '../../docs/blocks.ts';
import { type AccessTeam, createAccessTeam } from '../../world/catalog/access-team.ts';
import { type CommandLine, createCommandLine } from '../../world/demo/command-line.ts';
import { secondPlan } from '../../world/second-plan.ts';
import { type RunningWorker, startWorker } from '../../world/worker.ts';
import { startWorld, type World } from '../../world/world.ts';

/** The administrator of Globex, who has docs/admin.md alone: its blocks, with hostnames and the prefix of Globex. */
export interface Walk {
  readonly world: World;
  readonly commandLine: CommandLine;
  readonly publisher: Publisher;
  readonly team: AccessTeam;
  /** A checkout, in which the administrator types. */
  readonly folder: string;
  /** What earlier steps made: keys, secrets, addresses of Workers. */
  readonly made: Map<string, string>;
  /** Tags of the cluster of EKS, which printed commands change. */
  readonly tags: Record<string, string>;
  /** Runs a shell text as the administrator. Rejects where a line of it fails. */
  bash(script: string, options?: BashOptions): Promise<string>;
  /** Starts the real Worker in workerd, with what `wrangler secret put` was given. */
  deploy(bindings: Readonly<Record<string, string>>): Promise<string>;
  /** Publishes k8s-tunnels.yaml with its signature, signed as the document says. */
  host(): Promise<void>;
  /** The environment of another computer, where the same user is signed in to AWS. */
  computer(): Promise<Readonly<Record<string, string>>>;
  /** The function of a shell that is `k8s-tunnels` on another computer: the program of the walk knows its own alone. */
  readonly product: string;
  /** A managed file, on a computer of its own: what `k8s-tunnels setup` says there. */
  managed(file: string): Promise<string>;
  close(): Promise<void>;
}

interface BashOptions {
  /** Functions of the shell in the place of programs that would reach out. */
  readonly instead?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The one where clients ask for a bare address. */
export const wellKnown = '/.well-known/k8s-tunnels.yaml';
export const clusterName = 'payments-staging';
const account = '555566667777';

/** Hostnames of the document, and those of Globex. */
const names: readonly (readonly [RegExp, string])[] = [
  [/acme\.cloudflareaccess\.com/g, 'globex.cloudflareaccess.com'],
  [/acme\.awsapps\.com/g, 'globex.awsapps.com'],
  [/region: eu-west-1\b/g, 'region: us-west-2'],
  [/acme\.example/g, 'globex.example'],
  [/^name: Acme$/gm, 'name: Globex'],
];

export function asGlobex(text: string): string {
  return names.reduce((all, [pattern, own]) => all.replaceAll(pattern, own), text);
}

/** The tags of the document's `aws_eks_cluster` of that name. */
async function terraformTags(text: string, name: string): Promise<Record<string, string>> {
  const { resource } = (await parseHcl('tags.tf', text)) as {
    readonly resource: Record<string, Record<string, readonly { readonly tags: Record<string, string> }[]>>;
  };
  return { ...resource.aws_eks_cluster?.[name]?.[0]?.tags };
}

/** The tags of a cluster in the document's map of clusters, which its Terraform writes (clusters/main.tf). */
async function tagsOfMap(text: string, name: string): Promise<Record<string, string>> {
  const { locals } = (await parseHcl('main.tf', text)) as {
    readonly locals: readonly {
      readonly groups: Readonly<Record<string, string>>;
      readonly clusters: Readonly<
        Record<string, { hostname: string; environment: string; owner: string; groups: readonly string[] }>
      >;
    }[];
  };
  const { groups = {}, clusters = {} } = locals[0] ?? {};
  const cluster = clusters[name];
  if (cluster === undefined) throw new Error(`docs/admin.md has no cluster ${name} in its map`);
  const { hostname, environment, owner } = cluster;
  const values = { hostname, environment, owner, origin: 'tcp' };
  return Object.fromEntries(
    Object.entries({ ...values, groups: cluster.groups.map((group) => groups[group]).join('+') }).map(
      ([field, value]) => [`globex-${field}`, value],
    ),
  );
}

/** The fields of the document's `vault kv put`. */
function vaultFields(text: string): Record<string, string> {
  const words = text.replaceAll('\\\n', ' ').trim().split(/\s+/);
  return Object.fromEntries(
    words.filter((word) => /^[\w-]+=/.test(word)).map((word) => word.split('=') as [string, string]),
  );
}

function blockWith(blocks: readonly Block[], part: string): string {
  const found = blocks.filter(({ text }) => text.includes(part));
  if (found.length !== 1) throw new Error(`${found.length} blocks of docs/admin.md have ${part}`);
  return found[0]?.text ?? '';
}

/** The world in which the walk is made: its tags are those of the document's own Terraform and `vault kv put`. */
async function startGlobex(): Promise<{ readonly world: World; readonly tags: Record<string, string> }> {
  const blocks = await blocksOf('docs/admin.md');
  const tags = await tagsOfMap(asGlobex(blockWith(blocks, 'clusters = {')), clusterName);
  const plan = secondPlan({
    eks: await terraformTags(blockWith(blocks, '"aws_eks_cluster" "orders"'), 'orders'),
    vault: vaultFields(blockWith(blocks, 'vault kv put')),
  });
  const world = await startWorld({
    plan: {
      ...plan,
      eks: [...plan.eks, { account, region: 'us-west-2', name: clusterName, tags }],
      applications: [
        ...plan.applications,
        { hostname: `${clusterName}.k8s.globex.example`, origin: 'tcp', cluster: clusterName },
      ],
      served: [...plan.served, clusterName],
    },
  });
  // Nobody has signed in to anything, and no profile says where to.
  for (const left of ['.aws', '.azure', '.vault-token', '.config/gcloud'])
    await rm(path.join(world.home, left), { recursive: true });
  return { world, tags };
}

export async function startWalk(): Promise<Walk> {
  const [{ world, tags }, publisher, team] = await Promise.all([
    startGlobex(),
    startPublisher(),
    createAccessTeam(),
  ]);
  const folder = await mkdtemp(path.join(tmpdir(), 'admin-walk-'));
  await mkdir(path.join(folder, 'resources', 'worker'), { recursive: true });
  await symlink(path.join(root, 'resources', 'examples'), path.join(folder, 'resources', 'examples'));
  const authorities = path.join(world.home, 'authorities.pem');
  await cp(world.env.NODE_EXTRA_CA_CERTS ?? '', authorities);
  await appendFile(authorities, publisher.authority);
  const commandLine = await createCommandLine(world, {
    NODE_EXTRA_CA_CERTS: authorities,
    NO_PROXY: '127.0.0.1',
    VAULT_ADDR: '',
    K8S_TUNNELS_RELEASES_EVERY_SECONDS: '1',
  });
  const workers: RunningWorker[] = [];
  const bash: Walk['bash'] = async (script, { instead = '', env = {} } = {}) => {
    const { stdout } = await execa('bash', ['-eo', 'pipefail', '-c', `${instead}\n${script}`], {
      cwd: folder,
      env: { ...commandLine.env, ...env },
      extendEnv: false,
      stdin: 'ignore',
    });
    return stdout;
  };
  const product = `k8s-tunnels() { '${process.execPath}' '${builtProgram}' "$@"; }`;
  const computer = async () => {
    const home = await mkdtemp(path.join(folder, 'computer-'));
    await cp(path.join(world.home, '.aws'), path.join(home, '.aws'), { recursive: true });
    return { HOME: home };
  };
  return {
    ...{ world, commandLine, publisher, team, folder, tags, bash },
    made: new Map(),
    async deploy(bindings) {
      const worker = await startWorker({
        bindings: { ...bindings },
        namespaces: 'ACCESS_TEAM' in bindings ? ['CATALOG'] : [],
        outbound: team.outbound,
      });
      workers.push(worker);
      return worker.url;
    },
    async host() {
      const read = (name: string) => readFile(path.join(folder, name), 'utf8');
      publisher.publish(wellKnown, await read('k8s-tunnels.yaml'));
      publisher.publish(`${wellKnown}.sig`, await read('k8s-tunnels.yaml.sig'));
    },
    product,
    computer,
    async managed(file) {
      const env = { ...(await computer()), K8S_TUNNELS_MANAGED_CONFIG: file };
      return bash('k8s-tunnels setup && k8s-tunnels quit', { instead: product, env });
    },
    async close() {
      await commandLine.stop();
      await Promise.all([world.close(), publisher.close(), ...workers.map((worker) => worker.close())]);
      await rm(folder, { recursive: true });
    },
  };
}

/** The folder of the user, which takes the place of /etc/k8s-tunnels: no test has an administrator's rights. */
export function organisationFiles({ world }: Walk): string {
  return path.join(pathsFrom(world.env).config, 'organisation-files');
}

/** Writes the configuration of Globex, and signs it by the document's own command. */
export async function writeAndSign(walk: Walk, text: string): Promise<void> {
  await writeFile(path.join(walk.folder, 'k8s-tunnels.yaml'), text);
  await walk.bash(walk.made.get('sign') ?? 'false');
}
