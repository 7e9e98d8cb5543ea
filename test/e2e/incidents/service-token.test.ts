import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { pathsFrom } from '../../../main/agent/paths.ts';
import type { CommandLine } from '../../world/demo/command-line.ts';
import { createKubeClient } from '../../world/demo/kube-client.ts';
import type { World } from '../../world/world.ts';
import { eachInWorld } from '../world-fixture.ts';
import { blocksUnder, linesUnder } from './runbook.ts';

// docs/runbook.md: a service token of Access.

const title = 'A service token of Access';
const cluster = 'payments-staging-eu';
const hostname = 'payments-staging.k8s.acme.example';
const made = '/etc/k8s-tunnels/service-token';
let world: World;
let commandLine: CommandLine;
let folder: string;
eachInWorld((started) => {
  ({ world, commandLine } = started);
});

/** A machine whose organisation lists the service token for the cluster. */
async function machine(): Promise<{ readonly clientId: string; readonly clientSecret: string }> {
  const token = world.access.addServiceToken([hostname]);
  folder = path.join(pathsFrom(world.env).config, 'organisation-files');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, 'client-id'), token.clientId, { mode: 0o600 });
  await writeFile(path.join(folder, 'client-secret'), token.clientSecret, { mode: 0o600 });
  const files = `clientIdFile: ${folder}/client-id, clientSecretFile: ${folder}/client-secret`;
  await writeFile(
    path.join(world.home, 'managed.yaml'),
    `version: 1\nname: Acme\naccess: {serviceTokens: [{hostnames: [${hostname}], ${files}}]}\n`,
    { mode: 0o600 },
  );
  return token;
}

/** A block of the runbook, with the machine's folder and what Cloudflare's API would answer. */
async function typed(
  text: string,
  answer: object,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const api = path.join(world.home, 'answer.json');
  // Only requests to the API are answered here; the edge is asked by curl itself.
  const script = `curl() { case "$*" in *api.cloudflare.com*) cat ${api};; *) command curl "$@";; esac; }
kubectl() { [ "$*" = "-n k8s-tunnels rollout restart deployment/cloudflared" ]; }
${text.replaceAll(made, folder)}`;
  await writeFile(api, JSON.stringify(answer));
  const ids = { CLOUDFLARE_API_TOKEN: 'token', ACCOUNT_ID: '0123', SERVICE_TOKEN_ID: '4567' };
  const authorities = { CURL_CA_BUNDLE: world.env.SSL_CERT_FILE ?? '' };
  const env = { ...commandLine.env, ...authorities, ...ids, ...variables };
  const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', script], { cwd: world.home, env });
  return stdout;
}

test('a rotated service token is used by the next connection, and the old one is refused and not sent again', async (context) => {
  for (const program of ['curl', 'jq'])
    context.skip((await execa(program, ['--version'], { reject: false })).exitCode !== 0, `no ${program}`);
  const { clientId, clientSecret: old } = await machine();
  const [rotate = '', verify = ''] = (await blocksUnder(title)).map(({ text }) => text);
  const [connect = ''] = await linesUnder(title);
  const status = (secret: string) =>
    typed(verify.split('k8s-tunnels')[0] ?? '', {}, { CLIENT_ID: clientId, OLD_SECRET: secret });
  expect(await commandLine.run('bash', ['-c', connect])).toMatchObject({ code: 0 });
  const kube = createKubeClient(commandLine);
  expect(await kube.namespaces(cluster)).toContain('payments-staging');
  expect(new Set(world.access.shownSecrets)).toEqual(new Set([old]));
  // The edge has no answer to plain HTTP for those whom it admits.
  expect(await status(old)).toBe('400');

  const { clientSecret } = world.access.rotateServiceToken(clientId);
  expect(await status(old)).toBe('403');
  await typed(rotate, { success: true, result: { client_id: clientId, client_secret: clientSecret } });
  expect(await readFile(path.join(folder, 'client-secret'), 'utf8')).toBe(`${clientSecret}\n`);
  const before = world.access.shownSecrets.length;
  world.access.dropConnections();
  expect(await commandLine.run('bash', ['-c', connect])).toMatchObject({ code: 0 });
  expect(await kube.namespaces(cluster)).toContain('payments-staging');
  expect(new Set(world.access.shownSecrets.slice(before))).toEqual(new Set([clientSecret]));
  expect(await world.browser.tabs()).toEqual([]);
});

test('until its file is replaced, the machine is denied and the error names the file; both work for a time where asked', async () => {
  const { clientId } = await machine();
  world.access.rotateServiceToken(clientId, { previousUntil: Date.now() + 3_600_000 });
  const connect = () => commandLine.run('k8s-tunnels', ['connect', cluster, '--add', '--json']);
  expect(await connect()).toMatchObject({ code: 0 });
  await commandLine.tunnels('disconnect', cluster);
  world.access.rotateServiceToken(clientId);
  const { code, stdout } = await connect();
  expect(code).toBe(3);
  expect(stdout).toContain(`denies access to the service token of ${folder}/client-secret`);
});
