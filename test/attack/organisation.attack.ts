import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HostileOrganisation, hosts, startHostileOrganisation } from './hostile-organisation.ts';
import { otherUser } from './other-user.ts';

// Who controls the host of an organisation's configuration names a file of the user and a host of their own.

let organisation: HostileOrganisation;
/** In the file that is attacked: one word, as a session of Access and a Vault token are. */
let secret: string;
let own: string;
beforeEach(async () => {
  organisation = await startHostileOrganisation();
  secret = `secret-${randomBytes(12).toString('hex')}`;
  const { config, home } = organisation.home.paths;
  own = path.join(config, 'organisation-files');
  await mkdir(own, { recursive: true, mode: 0o700 });
  const list = path.join(home, 'mine.yaml');
  await writeFile(
    list,
    `- {name: evil, server: "https://10.0.0.1:443", tags: {hostname: ${hosts.application}}}\n`,
  );
  await writeFile(path.join(config, 'settings.json'), JSON.stringify({ clusterFiles: [list] }));
  await writeFile(path.join(own, 'client-id'), 'id.access', { mode: 0o600 });
});
afterEach(() => organisation.close());

/** A configuration that names the file wherever one can be named, all of it to be sent to foreign hosts. */
const naming = (file: string) =>
  JSON.stringify({
    version: 1,
    name: 'Acme',
    access: {
      serviceTokens: [
        {
          hostnames: [hosts.application],
          clientIdFile: path.join(own, 'client-id'),
          clientSecretFile: file,
        },
      ],
    },
    sources: {
      vault: {
        addresses: [
          {
            address: `https://${hosts.vault}`,
            mounts: ['clusters'],
            login: { method: 'kubernetes', jwtFile: file },
          },
        ],
      },
    },
  });

/** Sets up by it, signs in to its Vault and connects its application, as a user who trusts it would. */
async function attack(file: string) {
  organisation.publish(naming(file));
  organisation.forget();
  const setup = await organisation.run('setup', organisation.setupUrl, '--yes');
  expect(setup).toMatchObject({ code: 0 });
  const login = await organisation.run('login', 'vault');
  const connect = await organisation.run('connect', 'evil', '--add');
  return { said: login.stderr + connect.stderr + connect.stdout, received: organisation.received() };
}

async function expectRefused(file: string): Promise<void> {
  const { said, received } = await attack(file);
  expect(received).toContain(hosts.setup);
  expect(received).not.toContain(secret);
  for (const field of ['jwtFile', 'clientSecretFile'])
    expect(said).toContain(`${file} (${field} of your organisation's configuration) is not used`);
}

test('a file that is meant for it reaches the hosts: the attacks below take the same way', async () => {
  const file = path.join(own, 'token');
  await writeFile(file, secret, { mode: 0o600 });
  const { received } = await attack(file);
  expect(organisation.received(hosts.vault)).toContain(secret);
  expect(organisation.received(hosts.application)).toContain(secret);
  expect(received).toContain('cf-access-client-secret');
});

test('no other file of the user reaches a foreign host', async () => {
  const { cloudflared, home } = organisation.home.paths;
  await mkdir(cloudflared, { mode: 0o700 });
  const session = path.join(cloudflared, 'acme.cloudflareaccess.com-org-token');
  await writeFile(session, secret, { mode: 0o600 });
  await expectRefused(session);
  await expectRefused(path.join(own, '..', '..', '..', path.relative(home, session)));
});

test('no link in the folder leads out of it', async () => {
  const token = path.join(organisation.home.paths.home, '.npm-token');
  await writeFile(token, secret, { mode: 0o600 });
  await symlink(token, path.join(own, 'link'));
  await symlink(organisation.home.paths.home, path.join(own, 'home'));
  await expectRefused(path.join(own, 'link'));
  await expectRefused(path.join(own, 'home', '.npm-token'));
});

test('a file that another account owns is not used, nor one in a folder where it can write', async (context) => {
  const other = await otherUser(context);
  try {
    const file = path.join(own, 'theirs');
    // The other account can reach the folder for a moment, as by a mistake.
    for (const folder of [organisation.home.paths.home, path.join(own, '..', '..'), path.join(own, '..')])
      await chmod(folder, 0o755);
    await chmod(own, 0o777);
    const { exitCode } = await other.run('/bin/sh', ['-c', 'printf %s "$2" >"$1"', 'sh', file, secret]);
    expect(exitCode).toBe(0);
    await chmod(own, 0o700);
    await expectRefused(file);

    const deep = path.join(own, 'deep');
    await mkdir(deep);
    await writeFile(path.join(deep, 'token'), secret, { mode: 0o600 });
    await chmod(deep, 0o777);
    await expectRefused(path.join(deep, 'token'));
  } finally {
    await other.close();
  }
});

test("root's folder of the system is used, and not where others can write to it", async (context) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return context.skip('only root can put files into the folders of the system');
  const system = '/run/secrets/k8s-tunnels';
  await mkdir(system, { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(path.join(system, 'attack-'));
  try {
    const file = path.join(folder, 'token');
    await writeFile(file, secret, { mode: 0o600 });
    await attack(file);
    expect(organisation.received(hosts.vault)).toContain(secret);
    await chmod(folder, 0o777);
    await expectRefused(file);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a Vault that an unsigned configuration is changed to gets no token before the user agrees', async () => {
  const vault = (host: string) =>
    JSON.stringify({
      version: 1,
      name: 'Acme',
      sources: { vault: { addresses: [{ address: `https://${host}`, mounts: ['clusters'] }] } },
    });
  await writeFile(path.join(organisation.home.paths.home, '.vault-token'), secret, { mode: 0o600 });
  organisation.publish(vault(hosts.acmeVault));
  expect(await organisation.run('setup', organisation.setupUrl, '--yes')).toMatchObject({ code: 0 });
  await organisation.run('discover');
  expect(organisation.received(hosts.acmeVault)).toContain(secret);

  organisation.publish(vault(hosts.vault));
  await organisation.run('setup', '--refresh');
  await organisation.run('discover');
  // A start of the agent does not make it count either.
  await organisation.run('quit');
  await organisation.run('discover');
  expect(organisation.received(hosts.vault)).toBe('');
  const status = await organisation.run('status');
  expect(status.stdout).toContain('k8s-tunnels setup --review');
  const review = await organisation.run('setup', '--review');
  expect(review.stderr).toContain(`https://${hosts.vault}`);
  expect(review.stderr).toContain(`now https://${hosts.acmeVault}`);
  await organisation.run('discover');
  expect(organisation.received(hosts.vault)).toBe('');

  await organisation.run('setup', '--review', '--yes');
  await organisation.run('discover');
  expect(organisation.received(hosts.vault)).toContain(secret);
});
