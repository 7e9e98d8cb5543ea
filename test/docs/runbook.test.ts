import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { linesUnder, runbook } from '../e2e/incidents/runbook.ts';
import { root } from './blocks.ts';

const text = await readFile(path.join(root, 'docs/runbook.md'), 'utf8');
const sections = await runbook();
const audit = 'Who reached which cluster, and did what';
const incidents = [...sections.keys()].filter((title) => title !== audit);

it.each(incidents)('%s has every part, in the same order', (title) => {
  const [, section = ''] = text.split(`\n## ${title}\n`);
  const [own = ''] = section.split('\n## ');
  const parts = [...own.matchAll(/^\*\*(Notice\.|Until it is ended\.|End it|Verify\.|Users see)/gm)].map(
    ([, part]) => part,
  );
  expect(parts).toEqual(['Notice.', 'Until it is ended.', 'End it', 'Verify.', 'Users see']);
});

it('every section with commands of ours is run by a test', async () => {
  const folders = ['test/e2e', 'test/e2e/incidents'];
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(path.join(root, folder)))
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => readFile(path.join(root, folder, name), 'utf8')),
    ),
  );
  const tests = (await Promise.all(files.flat())).join('\n');
  for (const title of incidents)
    if ((await linesUnder(title)).length > 0) expect(tests, title).toContain(`'${title}'`);
});

/**
 * The requests that the runbook may send, with the fields that each takes: as in the npm package `cloudflare` 7.3.0, which is
 * generated from the description of Cloudflare's API.
 */
const api: readonly (readonly [method: string, path: RegExp, fields: readonly string[]])[] = [
  ['POST', /^access\/organizations\/revoke_user$/, ['email', 'devices', 'user_uid', 'warp_session_reauth']],
  ['GET', /^access\/users\/[^/]+\/active_sessions$/, []],
  ['POST', /^access\/service_tokens\/[^/]+\/rotate$/, ['previous_client_secret_expires_at']],
  ['PATCH', /^cfd_tunnel\/[^/]+$/, ['name', 'tunnel_secret']],
  ['DELETE', /^cfd_tunnel\/[^/]+\/connections$/, ['client_id']],
  ['GET', /^cfd_tunnel\/[^/]+\/connections$/, []],
  ['GET', /^cfd_tunnel\/[^/]+\/token$/, []],
  [
    'GET',
    /^access\/logs\/access_requests$/,
    ['limit', 'page', 'per_page', 'since', 'until', 'direction', 'email'],
  ],
];

/** What the blocks of a section give to curl, as its arguments; nothing is sent. */
async function curls(title: string): Promise<readonly (readonly string[])[]> {
  const blocks = (sections.get(title) ?? []).filter(({ info }) => info === 'sh');
  const folder = await mkdtemp(path.join(tmpdir(), 'runbook-'));
  const programs = ['kubectl', 'aws', 'gcloud', 'az', 'vault', 'npx', 'install', 'k8s-tunnels', 'rm', 'cd'];
  const doubles = [...programs, 'jq'].map((name) => `${name}() { :; }`).join('\n');
  const script = `${doubles}
curl() { printf '%s\\0' "$@" >> calls; printf '\\n' >> calls; }
${blocks.map((block) => block.text).join('\n')}`;
  try {
    const ids = { ACCOUNT_ID: 'account', TUNNEL_ID: 'tunnel', SERVICE_TOKEN_ID: 'token', USER_ID: 'user' };
    await execa('bash', ['-c', script], { cwd: folder, env: { ...ids, CLOUDFLARE_API_TOKEN: 'secret' } });
    const calls = await readFile(path.join(folder, 'calls'), 'utf8').catch(() => '');
    return calls.split('\0\n').flatMap((call) => (call === '' ? [] : [call.split('\0')]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function wrongRequest(args: readonly string[]): string | undefined {
  const after = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  const json = after('--json');
  const method = after('-X') ?? (json === undefined ? 'GET' : 'POST');
  const url = new URL(args.find((one) => one.startsWith('https://')) ?? '');
  const [, place = ''] = url.pathname.split('/client/v4/accounts/account/');
  const known = api.find(([verb, pattern]) => verb === method && pattern.test(place));
  if (known === undefined) return `${method} ${url.pathname} is no request of the API`;
  if (after('-H') !== 'Authorization: Bearer secret') return `${place} is sent without the API token`;
  const given = [...Object.keys(JSON.parse(json ?? '{}')), ...url.searchParams.keys()];
  const unknown = given.find((field) => !known[2].includes(field));
  return unknown === undefined ? undefined : `${place} has no field ${unknown}`;
}

it('each request to Cloudflare is one that its API has', async () => {
  const calls = (await Promise.all([...sections.keys()].map(curls))).flat();
  const sent = calls.filter((args) => args.some((one) => one.includes('api.cloudflare.com')));
  expect(sent.length).toBeGreaterThanOrEqual(8);
  expect(sent.flatMap((args) => wrongRequest(args) ?? [])).toEqual([]);
});

it.each([
  [['-X', 'PUT', 'access/organizations/revoke_user'], 'is no request'],
  [['--json', '{"mail": ""}', 'access/organizations/revoke_user'], 'has no field mail'],
  [['-X', 'PATCH', '--json', '{"secret": ""}', 'cfd_tunnel/a'], 'has no field secret'],
])('a wrong request is found: %j', (args, problem) => {
  const [place = ''] = args.slice(-1);
  const url = `https://api.cloudflare.com/client/v4/accounts/account/${place}`;
  expect(wrongRequest(['-H', 'Authorization: Bearer secret', ...args.slice(0, -1), url])).toContain(problem);
});
