import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { createAuthority } from '../world/authority.ts';
import { aksApplication } from '../world/azure/aks-resource.ts';
import { writeAzureHome } from '../world/azure/home.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { writeGcpHome } from '../world/gcp/home.ts';
import { clusterClient } from '../world/oidc/issuer.ts';
import { firstPerson } from '../world/people.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';

/** A cluster whose API server takes id tokens of the organisation's issuer. */
const mill = {
  path: 'edge/mill',
  name: 'mill',
  server: 'https://k8s.mill.acme.internal:6443',
  customMetadata: { 'k8s-tunnels-hostname': 'mill.k8s.acme.example', 'k8s-tunnels-origin': 'tcp' },
  holds: 'oidc',
} as const;
const plan: Plan = {
  ...defaultPlan,
  people: [...defaultPlan.people, { email: 'grace@acme.example', password: 'another one', groups: [] }],
  vault: { ...defaultPlan.vault, secrets: [...defaultPlan.vault.secrets, mill] },
  applications: [...defaultPlan.applications, { hostname: 'mill.k8s.acme.example', origin: 'tcp' }],
};
const limitSeconds = 5;
/** Two start kubectl and the command line a dozen times, which a busy machine takes its time for. */
const patience = { timeout: 150_000 };

let world: World;
let commandLine: CommandLine;
const endings: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  world = await startWorld({ plan });
  commandLine = await createCommandLine(world, {
    K8S_TUNNELS_NO_BROWSER: '',
    K8S_TUNNELS_PROGRAM_LIMIT_SECONDS: String(limitSeconds),
  });
});
afterEach(async () => {
  await commandLine.stop();
  for (const end of endings.splice(0)) await end();
  await world.close();
});

const tunnels = (...args: readonly string[]) => commandLine.run('k8s-tunnels', args);
const settings = async (values: object) => {
  const folder = path.join(world.home, '.config', 'k8s-tunnels');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'settings.json'), JSON.stringify(values));
  return folder;
};
/** What kubectl is given without a terminal: the token, or the words of the refusal. */
const credential = async (cluster: string): Promise<string> => {
  const { code, stdout, stderr } = await commandLine.run('sh', [
    '-c',
    `KUBERNETES_EXEC_INFO='${JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false },
    })}' k8s-tunnels credential '${cluster}'`,
  ]);
  if (code !== 0) return `refused: ${stderr}`;
  return (JSON.parse(stdout) as { readonly status: { readonly token: string } }).status.token;
};

describe('an id token', () => {
  /** An API server of the attacker's, who wrote it into a list with the organisation's issuer. */
  const startTrap = async () => {
    const authority = await createAuthority('Evil');
    const { certificate: cert, key } = await authority.issueServer(['127.0.0.1']);
    const received: string[] = [];
    const server = https.createServer({ cert, key }, (request, response) => {
      received.push(request.headers.authorization ?? '');
      response.end('ok');
    });
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    endings.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const folder = await settings({ clusterFiles: ['clusters.yaml'] });
    const port = (server.address() as AddressInfo).port;
    await writeFile(
      path.join(folder, 'clusters.yaml'),
      `- name: trap
  server: https://127.0.0.1:${port}
  certificate-authority-data: ${Buffer.from(authority.certificate).toString('base64')}
  tags: { connector: direct }
  user: { oidc-issuer-url: ${world.issuer?.issuer}, oidc-client-id: ${clusterClient} }
`,
    );
    return { received, tokens: () => received.filter((header) => header.startsWith('Bearer ')) };
  };

  test(
    'is given to no server that the user has not allowed, named by a list with the issuer of another',
    patience,
    async (context) => {
      const { kubectl } = commandLine;
      if (kubectl === undefined) return context.skip('there is no kubectl');
      const trap = await startTrap();
      await commandLine.tunnels('login', 'oidc', '--allow', 'mill', '--yes');
      expect(
        (await commandLine.tunnels<Output<'connect'>>('connect', 'trap', '--add')).results,
      ).toMatchObject([{ status: 'connected', consent: { allowed: false, issuer: world.issuer?.issuer } }]);
      const get = () => commandLine.run(kubectl, ['--context', 'trap', 'get', '--raw', '/api']);
      const refused = await get();
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(/You have not allowed trap .*\n?.*k8s-tunnels login oidc --allow file/s);
      expect(trap.tokens()).toEqual([]);
      // Where nobody can be asked, nothing is allowed in passing.
      expect(await tunnels('login', 'oidc', '--allow', 'trap')).toMatchObject({ code: 2 });
      expect((await get()).code).not.toBe(0);
      expect(trap.tokens()).toEqual([]);
      // The user's word is what opens it, and takes it back.
      await commandLine.tunnels('login', 'oidc', '--allow', 'trap', '--yes');
      await get();
      expect(trap.tokens()).not.toEqual([]);
      const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
      expect(accounts.find(({ provider }) => provider === 'oidc')?.allowed).toHaveLength(2);
      await commandLine.tunnels('logout', 'oidc');
      await commandLine.tunnels('login', 'oidc', '--allow', 'mill', '--yes');
      trap.received.splice(0);
      expect((await get()).code).not.toBe(0);
      expect(trap.tokens()).toEqual([]);
    },
  );

  test(
    'is not given again to a cluster whose authority somebody has swapped, by an old entry either',
    patience,
    async (context) => {
      const { kubectl } = commandLine;
      if (kubectl === undefined) return context.skip('there is no kubectl');
      await commandLine.tunnels('login', 'oidc', '--allow', 'mill', '--yes');
      await commandLine.tunnels('connect', 'mill', '--add');
      const whoami = () => commandLine.run(kubectl, ['--context', 'mill', 'auth', 'whoami']);
      expect((await whoami()).stdout).toContain('ada@acme.example');
      const entry = path.join(world.home, '.kube', 'config');
      const before = await readFile(entry, 'utf8');
      const evil = Buffer.from((await createAuthority('Evil')).certificate).toString('base64');
      const swapped = before.replaceAll(/(certificate-authority-data: *"?)[A-Za-z0-9+/=]+/g, `$1${evil}`);
      await writeFile(entry, swapped);
      // The agent writes its entry again, once: what is changed again within a minute is left, and reported.
      await vi.waitFor(async () => expect(await readFile(entry, 'utf8')).not.toContain(evil), {
        timeout: 15_000,
        interval: 100,
      });
      await writeFile(entry, swapped);
      const refused = await whoami();
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('has changed since you allowed it');
      await writeFile(entry, before);
      const secret = { 'oidc-issuer-url': world.issuer?.issuer ?? '', 'oidc-client-id': clusterClient };
      await world.vault.writeSecret('edge/mill', {
        server: mill.server,
        'certificate-authority-data': evil,
        ...secret,
      });
      await commandLine.tunnels('discover');
      expect(await credential('mill')).toContain('has changed since you allowed it');
    },
  );
});

describe('a credential_process', () => {
  const [payments] = plan.accounts.filter(({ profile }) => profile === 'payments');

  /** What a program leaves behind is found by a word in its environment. */
  const survivors = async () => {
    const { stdout } = await execa(
      'sh',
      ['-c', `grep -lsz '^ATTACKED=${world.home}$' /proc/[0-9]*/environ`],
      {
        reject: false,
      },
    );
    return stdout.split('\n').filter((line) => line !== '');
  };
  /** The account of payments is reached by these scripts alone, each as a profile. */
  const reachBy = async (scripts: Readonly<Record<string, string>>) => {
    const aws = path.join(world.home, '.aws');
    for (const name of ['config', 'credentials']) {
      const text = await readFile(path.join(aws, name), 'utf8');
      await writeFile(path.join(aws, name), text.replace(/\[(profile )?payments\][^[]*/, ''));
    }
    for (const [profile, script] of Object.entries(scripts)) {
      const program = path.join(world.home, `${profile}.sh`);
      await writeFile(program, `#!/bin/sh\nexport ATTACKED=${world.home}\n${script}\n`, { mode: 0o700 });
      const lines = ['region = eu-central-1', `credential_process = ${program} --password hunter2hunter2`];
      await appendFile(path.join(aws, 'config'), `\n[profile ${profile}]\n${lines.join('\n')}\n`);
    }
  };
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = payments ?? {};
  const keys = JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey });

  test('that asks, hangs or floods ends with its name, its children too, and the other accounts are found', async () => {
    await reachBy({
      asks: `printf 'MFA code: ' >&2; read code || exit 1`,
      hangs: `trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & printf 'Touch your key' >&2
        while :; do sleep 1; done`,
      floods: 'yes',
      complains: 'yes >&2',
    });
    const { failed } = await commandLine.tunnels<Output<'discover'>>('discover');
    const told = (profile: string) => failed.find(({ account }) => account === `profile:${profile}`)?.error;
    const words = {
      asks: 'failed with exit code 1; it last wrote "MFA code:"',
      hangs: `did not end within ${limitSeconds} s; it last wrote "Touch your key"`,
      floods: 'wrote more than a megabyte',
      complains: 'wrote more than a megabyte; it last wrote "y"',
    };
    for (const [profile, said] of Object.entries(words))
      expect(told(profile)).toMatchObject({
        code: 'aws-failed',
        message: `The credential_process of AWS profile ${profile} (${profile}.sh) ${said}.`,
      });
    expect(JSON.stringify(failed)).not.toContain('hunter2');
    const list = await tunnels('list');
    expect(list.stdout).toContain('search-staging');
    expect(list.stdout).not.toContain('ledger-prod');
    await vi.waitFor(async () => expect(await survivors()).toEqual([]));
  });

  test('that hangs ends kubectl’s call with its name, for each who asks', async () => {
    const gate = path.join(world.home, 'gate');
    await reachBy({ hangs: `[ -e ${gate} ] && sleep 600; echo '${keys}'` });
    await commandLine.tunnels('discover');
    expect(await credential('ledger-prod')).toMatch(/^k8s-aws-v1\./);
    await writeFile(gate, '');
    // What this agent has signed holds for some minutes.
    await commandLine.tunnels('quit');
    const [first, second, other] = await Promise.all([
      credential('ledger-prod'),
      credential('ledger-prod'),
      credential('search-staging'),
    ]);
    for (const answer of [first, second, await credential('ledger-prod')])
      expect(answer).toMatch(
        /refused: .*credential_process of AWS profile hangs \(hangs\.sh\) did not end within/s,
      );
    expect(other).toMatch(/^k8s-aws-v1\./);
    await rm(gate);
    expect(await credential('ledger-prod')).toMatch(/^k8s-aws-v1\./);
    await vi.waitFor(async () => expect(await survivors()).toEqual([]));
  });
});

test('the next user’s credential is given as soon as another one has signed in, and none when nobody is', async () => {
  await commandLine.tunnels('discover');
  const { home } = world;
  const { email } = firstPerson(plan.people);

  // Google: new application-default credentials, then none.
  expect(world.gcp.signIns.find(await credential('storefront-prod'))).toBe(email);
  const robot = world.gcp.createServiceAccount('ci');
  await writeGcpHome({ home, gcp: world.gcp, credentials: robot });
  expect(world.gcp.signIns.find(await credential('storefront-prod'))).toBe(robot.client_email);
  await rm(path.join(home, '.config', 'gcloud', 'application_default_credentials.json'));
  expect(await credential('storefront-prod')).toContain('refused: ');

  // Azure: `az login` as another user, then `az logout`.
  const whoIs = async (token: string) => {
    const caller = await world.azure.tokens.verify(token, aksApplication);
    return typeof caller === 'object' ? caller.name : caller;
  };
  expect(await whoIs(await credential('partner-edge'))).toBe(email);
  const grace = 'grace@acme.example';
  await writeAzureHome({ home, plan, person: grace, refreshToken: world.azure.tokens.issueRefresh(grace) });
  expect(await whoIs(await credential('partner-edge'))).toBe(grace);
  await writeFile(path.join(home, '.azure', 'azureProfile.json'), '{"subscriptions":[]}');
  expect(await credential('partner-edge')).toContain('refused: ');

  // Vault: a token that may read less, then none.
  expect(await credential('depot-berlin')).not.toContain('refused: ');
  await writeFile(
    path.join(home, '.vault-token'),
    world.vault.issueToken({ policies: ['default'], ttl: 600 }),
  );
  expect(await credential('depot-berlin')).toContain('refused: ');
  await rm(path.join(home, '.vault-token'));
  expect(await credential('depot-berlin')).toContain('no Vault token');
});
