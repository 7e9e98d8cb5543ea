import { chmod, copyFile, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { parseOrganisation } from '../../../main/agent/organisation/parse.ts';
import { blocksOf } from '../../docs/blocks.ts';
import { wrongIngress } from '../../docs/ingress.ts';
import { wrongTerraform } from '../../docs/terraform.ts';
import { inCallbackTurn } from '../../world/free-ports.ts';
import { startRealKube, whyNoRealKube } from '../../world-tests/kube-apiserver.ts';
import { asGlobex, clusterName, organisationFiles, type Walk, writeAndSign } from './walk.ts';

/** What is done with a block of docs/admin.md: it is the one that has this text. */
export interface Step {
  readonly has: string;
  /** Does what the block says. Absent where nothing can be done with it here, for the reason. */
  readonly run?: (walk: Walk, text: string) => Promise<void>;
  readonly left?: string;
}

/** cloudflared and wrangler ask Cloudflare: what they are given is kept, as they would keep it there. */
const cloudflared =
  'cloudflared() { echo "$*" >> cloudflared.calls; [ "$2" != create ] || echo "{}" > "$4"; }';
/** Finds the files that it is given, and keeps what it reads from its input. */
const kubectl =
  'kubectl() { case "$*" in */dev/stdin) cat > token.given;; esac; while [ $# -gt 0 ]; do [ "$1" != -f ] || test -f "$2"; shift; done; }';
const wrangler = 'npx() { if [ "$2 $3" = "secret put" ]; then cat > "$4.given"; fi; }';
/** Of macOS alone. */
const pkgbuild = 'pkgbuild() { echo "$*" > pkgbuild.call; }';
/** There is no controller in a bare API server: what is asked for is there, and that is all. */
const rollout =
  'kubectl() { if [ "$3" = rollout ]; then command kubectl "$1" "$2" get "$5"; else command kubectl "$@"; fi; }';

/** Applies the commands of aws that were printed, to the cluster's tags. */
async function applyPrinted(walk: Walk, printed: string): Promise<void> {
  const instead = 'aws() { for word in "$@"; do printf "%s\\n" "$word"; done; }';
  const words = (await walk.bash(printed, { instead })).split('\n');
  expect(words.slice(0, 2)).toEqual(['eks', 'tag-resource']);
  const [, value = ''] = /--tags\n(.+)/.exec(words.join('\n')) ?? [];
  const set = value.startsWith('{')
    ? (JSON.parse(value) as Record<string, string>)
    : Object.fromEntries(value.split(',').map((pair) => pair.split('=') as [string, string]));
  expect(Object.keys(set)).not.toEqual([]);
  Object.assign(walk.tags, set);
}

const readsAs = (text: string) => parseOrganisation(asGlobex(text), 'the block');
const isConfiguration: NonNullable<Step['run']> = async (_, text) => {
  expect(readsAs(text).name).toBe('Globex');
};
const isIngress: NonNullable<Step['run']> = async (_, text) => {
  expect(await wrongIngress(text)).toEqual([]);
};

/** The `run` lines of a workflow. */
function runsOf(text: string): readonly string[] {
  const { jobs } = parse(text) as {
    readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
  };
  return Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
}

/** The text of the configuration, of a higher revision than the last one. */
function raised(text: string, revision: number): string {
  return text.replace(/^revision: \d+.*$/m, `revision: ${revision}`);
}

/** Runs the block's commands against a real API server where there is one; otherwise kubectl only finds its files. */
async function origin(walk: Walk, text: string): Promise<void> {
  if (whyNoRealKube !== undefined) {
    await walk.bash(asGlobex(text), { instead: `${cloudflared}\n${kubectl}` });
    return;
  }
  const hostname = 'k8s.origin.globex.internal';
  const server = await startRealKube({ hostnames: [hostname], user: 'admin', groups: ['system:masters'] });
  try {
    const cluster = {
      server: `https://127.0.0.1:${server.port}`,
      'tls-server-name': hostname,
      'certificate-authority-data': Buffer.from(server.authority.certificate).toString('base64'),
    };
    const kubeconfig = path.join(walk.folder, 'origin.kubeconfig');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        'current-context': 'origin',
        contexts: [{ name: 'origin', context: { cluster: 'origin', user: 'admin' } }],
        clusters: [{ name: 'origin', cluster }],
        users: [{ name: 'admin', user: { token: server.mintToken('admin') } }],
      }),
    );
    await walk.bash(asGlobex(text), {
      instead: `${cloudflared}\n${rollout}`,
      env: { KUBECONFIG: kubeconfig },
    });
  } finally {
    await server.close();
  }
}

/** Signs the next revision of the configuration, and has the user's computer read it: no question is asked. */
async function nextRevision(walk: Walk, text: string): Promise<void> {
  await writeAndSign(walk, text);
  await walk.host();
  const { stdout } = await walk.commandLine.run('k8s-tunnels', ['setup', '--refresh']);
  expect(stdout).toContain('The configuration has changed.');
}

/** Does what tasks of Ansible say, below a folder in the place of `/`. */
async function ansible(walk: Walk, text: string): Promise<void> {
  const to = (place: string) => path.join(walk.folder, 'linux', place);
  interface Task {
    readonly 'ansible.builtin.file'?: { readonly path: string; readonly mode: string };
    readonly 'ansible.builtin.copy'?: { readonly src: string; readonly dest: string; readonly mode: string };
  }
  for (const { 'ansible.builtin.file': file, 'ansible.builtin.copy': copy } of parse(
    text,
  ) as readonly Task[]) {
    if (file !== undefined) {
      await mkdir(to(file.path), { recursive: true });
      await chmod(to(file.path), Number.parseInt(file.mode, 8));
    }
    if (copy !== undefined) {
      await copyFile(path.join(walk.folder, copy.src), to(copy.dest));
      await chmod(to(copy.dest), Number.parseInt(copy.mode, 8));
    }
  }
  expect(await walk.managed(to('etc/k8s-tunnels/organisation.yaml'))).toContain('Globex');
}

/** In the order of the document. */
export const steps: readonly Step[] = [
  {
    has: 'cloudflared tunnel create',
    async run(walk, text) {
      await origin(walk, text);
      const calls = await readFile(path.join(walk.folder, 'cloudflared.calls'), 'utf8');
      expect(calls).toContain(`tunnel create --credentials-file credentials.json ${clusterName}`);
    },
  },
  { has: 'service: socks-proxy', run: isIngress },
  { has: 'service: tcp://kubernetes.default.svc:443', run: isIngress },
  {
    has: 'output -json tunnel_tokens',
    async run(walk, text) {
      const terraform = `terraform() { echo '{"${clusterName}":"the-token"}'; }`;
      await walk.bash(text, { instead: `${terraform}\n${kubectl}` });
      expect(await readFile(path.join(walk.folder, 'token.given'), 'utf8')).toBe('the-token');
    },
  },
  // The world's cluster has the tags of this map from the beginning.
  {
    has: 'clusters = {',
    async run({ tags }, text) {
      expect(await wrongTerraform(text)).toEqual([]);
      expect(tags).toMatchObject({ 'globex-hostname': `${clusterName}.k8s.globex.example` });
    },
  },
  {
    has: 'terraform apply',
    left: 'It asks Cloudflare: test/docs/terraform.test.ts runs Terraform with a double of the provider.',
  },
  {
    has: 'resource "aws_eks_cluster" "payments"',
    run: async (_, text) => expect(await wrongTerraform(text)).toEqual([]),
  },
  {
    has: 'k8s-tunnels lint-tags --source eks ',
    async run(walk, text) {
      // As an administrator who has signed in to AWS, before there is any configuration: the prefix is the default one.
      const login = ['login', 'aws', 'https://globex.awsapps.com/start', '--region', 'us-west-2'];
      expect(await inCallbackTurn(() => walk.commandLine.run('k8s-tunnels', login))).toMatchObject({
        code: 0,
      });
      const [set = '', lint = ''] = asGlobex(text).split('\n');
      await applyPrinted(walk, await walk.bash(set));
      expect(walk.tags).toMatchObject({ 'k8s-tunnels-hostname': `${clusterName}.k8s.globex.example` });
      for (const key of Object.keys(walk.tags)) if (key.startsWith('k8s-tunnels-')) delete walk.tags[key];
      expect(await walk.bash(lint)).toContain('It has no k8s-tunnels-hostname');
    },
  },
  { has: 'using: composite', left: 'test/e2e/ci-jobs.test.ts runs each of its steps.' },
  {
    has: 'sources:\n  vault: { enabled: false }',
    async run(walk, text) {
      expect(readsAs(text).tagPrefix).toBe('globex-');
      // What signs in to a cloud here is a session of IAM Identity Center, in place of the job's role.
      const eks =
        'eks: { identityCenter: [{ startUrl: https://globex.awsapps.com/start, region: us-west-2 }] }';
      const own = `  gke: { enabled: false }\n  aks: { enabled: false }\n  ${eks}\n`;
      await writeFile(path.join(walk.folder, 'ci.yaml'), `${text}${own}`);
    },
  },
  {
    has: 'k8s-tunnels lint-tags --fresh',
    // Runs when there is a configuration to set up: after `setup acme.example`.
    run: async (walk, text) => void walk.made.set('lint', runsOf(text).join('\n')),
  },
  {
    has: 'links:\n  support:',
    async run(walk, text) {
      // What Globex has of its own; the document's reference says how.
      const own = 'tagPrefix: globex-\nproduction:\n  environments: [prd]\n';
      await writeFile(path.join(walk.folder, 'k8s-tunnels.yaml'), `${asGlobex(text)}${own}`);
      expect(readsAs(text)).toMatchObject({ revision: 1, access: { team: 'globex.cloudflareaccess.com' } });
    },
  },
  {
    has: 'setup --new-key organisation.key',
    async run(walk, text) {
      walk.made.set(
        'key',
        (await walk.bash(`${text}echo "$ORGANISATION_KEY"`)).trim().split('\n').at(-1) ?? '',
      );
      walk.made.set('sign', text.split('\n').find((line) => line.includes('--sign ')) ?? '');
      await walk.host();
    },
  },
  {
    has: '-out organisation.key',
    async run(walk, text) {
      const printed = await walk.bash(`mkdir openssl; cp k8s-tunnels.yaml openssl; cd openssl\n${text}`);
      const check = `k8s-tunnels setup --check openssl/k8s-tunnels.yaml --offline --key ${printed.trim()}`;
      expect(await walk.bash(check)).toContain('Globex');
    },
  },
  {
    has: 'k8s-tunnels setup --check k8s-tunnels.yaml\n',
    async run(walk, text) {
      // Its pages exist in no test: the check names each of them.
      const refused = walk.bash(text);
      await expect(refused).rejects.toMatchObject({ exitCode: 6 });
      await expect(refused).rejects.toThrow('https://wiki.globex.example/k8s-tunnels');
    },
  },
  { has: 'signing:\n  publicKeys:', run: isConfiguration },
  {
    has: '--key-file next.key',
    // Runs when somebody has pinned a key: at the end.
    run: async (walk, text) => void walk.made.set('rotate', text),
  },
  { has: "serviceTokens:\n    - hostnames: ['payments", run: isConfiguration },
  {
    has: 'pkgbuild --root root',
    async run(walk, text) {
      await cp(path.join(walk.folder, 'k8s-tunnels.yaml'), path.join(walk.folder, 'organisation.yaml'));
      await walk.bash(text, { instead: pkgbuild });
      const place = 'root/Library/Application Support/k8s-tunnels/organisation.yaml';
      expect((await stat(path.join(walk.folder, place))).mode & 0o777).toBe(0o644);
      expect(await walk.managed(path.join(walk.folder, place))).toContain('Globex');
    },
  },
  { has: 'ansible.builtin.copy', run: ansible },
  {
    has: 'k8s-tunnels setup --remove',
    async run(walk, text) {
      const address = `${new URL(walk.publisher.url).host} --key ${walk.made.get('key') ?? ''} --yes`;
      const lines = text.replace('acme.example ', `${address} `);
      expect(await walk.bash(lines)).toContain('✓ Set up for Globex');
      // The last line has removed it.
      await walk.bash(`k8s-tunnels setup ${address}`);
      const lint = walk.made.get('lint') ?? 'false';
      const env = {
        ORGANISATION: new URL(walk.publisher.url).host,
        ORGANISATION_KEY: walk.made.get('key') ?? '',
      };
      await expect(walk.bash(lint, { env })).rejects.toMatchObject({ exitCode: 6 });
    },
  },
  {
    has: 'npx wrangler kv namespace create RELEASES',
    async run(walk, text) {
      const printed = await walk.bash(text, { instead: wrangler });
      const given = (name: string) =>
        readFile(path.join(walk.folder, 'resources/worker', `${name}.given`), 'utf8');
      const bindings = {
        PUBLISH_SECRET: await given('PUBLISH_SECRET'),
        SIGNING_KEY: await given('SIGNING_KEY'),
      };
      walk.made.set('releases', await walk.deploy(bindings));
      walk.made.set('releases key', printed.trim().split('\n').at(-1) ?? '');
      walk.made.set('publish secret', bindings.PUBLISH_SECRET);
    },
  },
  {
    has: 'channel: stable',
    async run(walk, text) {
      const part = text
        .replace('https://k8s-tunnels-releases.acme.workers.dev', walk.made.get('releases') ?? '')
        .replace(/publicKey: \S+/, `publicKey: ${walk.made.get('releases key')}`);
      walk.made.set('releases part', part);
      const before = await readFile(path.join(walk.folder, 'k8s-tunnels.yaml'), 'utf8');
      await nextRevision(walk, `${raised(before, 2)}${part}`);
    },
  },
  {
    has: 'jq -n --rawfile notes CHANGES.md',
    async run(walk, text) {
      await writeFile(path.join(walk.folder, 'CHANGES.md'), '# 1.4.0\n\n- New.\n');
      const env = { PUBLISH_SECRET: walk.made.get('publish secret') ?? '' };
      const script = text.replace(
        'https://k8s-tunnels-releases.acme.workers.dev',
        walk.made.get('releases') ?? '',
      );
      expect(await walk.bash(script, { env })).toContain('"version":"1.4.0"');
      // Raised as the table says: the first was for a fifth of the installations.
      await walk.bash(script.replace('rollout: 20', 'rollout: 100'), { env });
    },
  },
  {
    has: '--set groups=payments+sre',
    async run(walk, text) {
      await applyPrinted(walk, await walk.bash(text));
      expect(walk.tags['globex-groups']).toBe('payments+sre');
    },
  },
  {
    has: 'k8s-tunnels publish --new-key catalog.key',
    async run(walk, text) {
      const printed = await walk.bash(text, { instead: wrangler });
      const [publicKey = ''] = /[A-Za-z0-9+/]{43}=/.exec(printed) ?? [];
      const secret = await readFile(path.join(walk.folder, 'resources/worker/PUBLISH_SECRET.given'), 'utf8');
      // The Worker is one, and so is its secret: the release workflow goes on with that of step 6.
      expect(secret).toBe(walk.made.get('publish secret'));
      const { name, audience } = walk.team;
      walk.made.set(
        'catalog',
        await walk.deploy({
          PUBLISH_SECRET: secret,
          ACCESS_TEAM: name,
          ACCESS_AUDIENCE: audience,
          CATALOG_PUBLIC_KEY: publicKey,
        }),
      );
      walk.made.set('catalog public key', publicKey);
      walk.made.set('catalog secret', secret);
      walk.made.set('catalog key', path.join(walk.folder, 'resources/worker/catalog.key'));
    },
  },
  {
    has: 'k8s-tunnels publish https://catalog.acme.example',
    async run(walk, text) {
      const ci = await walk.computer();
      const env = {
        ...ci,
        K8S_TUNNELS_PUBLISH_SECRET: walk.made.get('catalog secret') ?? '',
        K8S_TUNNELS_CATALOG_KEY: await readFile(walk.made.get('catalog key') ?? '', 'utf8'),
      };
      // The action has set it up.
      const lines = ['k8s-tunnels setup ./ci.yaml --yes', ...runsOf(text)]
        .join('\n')
        .replace('https://catalog.acme.example', walk.made.get('catalog') ?? '');
      try {
        const printed = await walk.bash(lines, { instead: walk.product, env });
        expect(printed).toMatch(new RegExp(`\\+ .*${clusterName}.*payments`));
      } finally {
        await walk.bash('k8s-tunnels quit', { instead: walk.product, env: ci });
      }
    },
  },
  { has: 'mode: first', run: isConfiguration },
  {
    has: 'name: Globex\nrevision: 3',
    async run(walk, text) {
      const files = organisationFiles(walk);
      const own = text
        .replaceAll('https://vault.globex.example:8200', walk.world.vault.url)
        .replaceAll('/etc/k8s-tunnels/service-token', files)
        .replace(/releases:\n(?: .*\n)+/, walk.made.get('releases part') ?? '');
      await nextRevision(walk, own);
      for (const provider of ['aws', 'vault'])
        expect(
          await inCallbackTurn(() => walk.commandLine.run('k8s-tunnels', ['login', provider])),
        ).toMatchObject({ code: 0 });
    },
  },
  // Both are how the world's clusters are tagged.
  {
    has: 'resource "aws_eks_cluster" "orders"',
    run: async (_, text) => expect(await wrongTerraform(text)).toEqual([]),
  },
  {
    has: 'vault kv put -mount=factories',
    async run({ commandLine }) {
      expect((await commandLine.run('k8s-tunnels', ['discover'])).code).toBe(0);
      const { stdout } = await commandLine.run('k8s-tunnels', ['list', '--all']);
      for (const title of ['orders-us', 'press', clusterName]) expect(stdout).toContain(title);
      const signedIn = await commandLine.run('k8s-tunnels', ['connect', clusterName, '--add']);
      expect(signedIn).toMatchObject({ code: 0 });
      // No user passes to the factory, and the machine has no service token yet.
      const refused = await commandLine.run('k8s-tunnels', ['connect', 'press', '--add', '--json']);
      expect(refused.code).toBe(3);
      expect(refused.stdout).toContain('access-denied');
    },
  },
  { has: 'service: https://kubernetes.default.svc\n', run: isIngress },
  {
    has: '--set origin=https',
    async run(walk, text) {
      const before = { ...walk.tags };
      await applyPrinted(walk, await walk.bash(asGlobex(text)));
      expect(walk.tags['globex-origin']).toBe('https');
      Object.assign(walk.tags, before);
    },
  },
  {
    has: 'gcloud container fleet memberships update',
    left: 'Globex has nothing at Google; test/agent/providers/gcp/fleet.test.ts reads such labels.',
  },
  { has: 'pilot:\n  share: 10', run: isConfiguration },
  { has: 'sets:\n  - name: Payments staging', run: isConfiguration },
  { has: 'auditExport: https://otel', run: isConfiguration },
  { has: 'readOnly: true\n  unlockMinutes', run: isConfiguration },
  {
    has: 'k8s-tunnels unlock ledger-prod',
    left: 'It asks in a terminal: test/e2e/read-only-production.test.ts unlocks there.',
  },
  {
    has: 'install -m 600 client-id client-secret',
    async run(walk, text) {
      const { clientId, clientSecret } = walk.world.access.addServiceToken(['press.k8s.globex.example']);
      await writeFile(path.join(walk.folder, 'client-id'), clientId);
      await writeFile(path.join(walk.folder, 'client-secret'), `${clientSecret}\n`);
      await walk.bash(text);
      expect((await stat(organisationFiles(walk))).mode & 0o777).toBe(0o700);
    },
  },
  {
    has: 'ExecStart=/usr/bin/k8s-tunnels agent',
    left: 'It needs systemd; test/docs/snippets.test.ts reads it.',
  },
  {
    has: 'node scripts/apt-repository.ts',
    left: 'test/packaging/apt-repository.test.ts makes such a repository, and installs from it.',
  },
  { has: 'sudo apt-get install k8s-tunnels', left: 'As root: test/electron/package/apt.package.ts does it.' },
  {
    has: 'node scripts/package-manifests.ts',
    left: 'test/packaging/package-manifests.test.ts reads what it writes.',
  },
  { has: 'k8s-tunnels-appimage', left: 'It needs AppArmor and root.' },
];

/** The blocks of the document, each with its step. Throws where a block has none, or a step no block. */
export async function stepsOfDocument() {
  const blocks = await blocksOf('docs/admin.md');
  const found = blocks.map((block) => ({ block, fits: steps.filter(({ has }) => block.text.includes(has)) }));
  const without = found
    .filter(({ fits }) => fits.length !== 1)
    .map(({ block, fits }) => `${block.at}: ${fits.length} steps`);
  const left = steps
    .filter((step) => !found.some(({ fits }) => fits.includes(step)))
    .map(({ has }) => `no block has ${has}`);
  return {
    found: found.flatMap(({ block, fits: [step] }) => (step === undefined ? [] : [{ block, step }])),
    wrong: [...without, ...left],
  };
}
