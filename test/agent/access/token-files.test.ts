import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTokenFiles, type TokenFiles } from '../../../main/agent/access/token-files.ts';
import { systemClock } from '../../../main/agent/parts.ts';
import { countCalls } from '../file-calls.ts';

const team = 'acme.cloudflareaccess.com';
const app = { hostname: 'a.example', authDomain: team, audience: '0'.repeat(64), appHostname: 'a.example' };

let folder: string;
let files: TokenFiles;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'token-files-'));
  files = createTokenFiles({ folder, clock: systemClock });
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const jwt = (email: string, audience: string = app.audience) => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: `https://${team}`, aud: [audience], email, iat: now, exp: now + 3_600 };
  return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
};

test('200 tunnels that open together read the token of their organisation twice', async () => {
  await files.writeOrg(team, jwt('ada@acme.example'));
  const reads = countCalls('readFile');
  const tokens = await Promise.all(Array.from({ length: 200 }, () => files.readOrg(team)));
  expect(tokens.map((token) => token?.email)).toEqual(tokens.map(() => 'ada@acme.example'));
  expect(reads.mock.calls.filter(([file]) => file === files.orgPath(team)).length).toBeLessThanOrEqual(2);
});

test('a session that has ended lists the files once for all its tunnels', async () => {
  for (const one of ['a', 'b', 'c'])
    await files.writeApp({ ...app, appHostname: `${one}.example` }, jwt('ada@acme.example'));
  const reads = countCalls('readFile');
  await Promise.all(Array.from({ length: 200 }, () => files.teams()));
  expect(reads.mock.calls.length).toBeLessThanOrEqual(2 * 3);
});

test('a token that is replaced while others read it is the new one for who asks after that', async () => {
  await files.writeOrg(team, jwt('ada@acme.example'));
  const before = files.readOrg(team);
  await files.writeOrg(team, jwt('grace@acme.example'));
  expect((await files.readOrg(team))?.email).toBe('grace@acme.example');
  await before;
  await files.removeAll(team);
  expect(await files.readOrg(team)).toBeUndefined();
});

test('a token whose file has not changed is not read again for each connection, and one that has changed is', async () => {
  await files.writeApp(app, jwt('ada@acme.example'));
  const file = files.appPath(app);
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(file, minuteAgo, minuteAgo);
  const reads = countCalls('readFile');
  for (let connection = 0; connection < 10; connection += 1)
    expect(await files.readApp(app)).toMatchObject({ email: 'ada@acme.example' });
  expect(reads.mock.calls).toHaveLength(1);
  // As cloudflared does: the same file, of the same length.
  await writeFile(file, jwt('eve@acme.example'));
  expect(await files.readApp(app)).toMatchObject({ email: 'eve@acme.example' });
  await writeFile(file, jwt('bob@acme.example'));
  expect(await files.readApp(app)).toMatchObject({ email: 'bob@acme.example' });
  await rm(file);
  expect(await files.readApp(app)).toBeUndefined();
});

test('a token that was read before belongs to its application alone', async () => {
  await files.writeApp(app, jwt('ada@acme.example'));
  expect(await files.readApp(app)).toMatchObject({ email: 'ada@acme.example' });
  await files.writeApp(app, jwt('ada@acme.example', '1'.repeat(64)));
  expect(await files.readApp(app)).toBeUndefined();
});

test('a token is not kept in memory when its file can no longer be read', async () => {
  await files.writeApp(app, jwt('ada@acme.example'));
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(files.appPath(app), minuteAgo, minuteAgo);
  expect(await files.readApp(app)).toMatchObject({ email: 'ada@acme.example' });
  // A whole folder goes and comes back: its files look as they did.
  const away = `${folder}-away`;
  await rename(folder, away);
  expect(await files.readApp(app)).toBeUndefined();
  await rename(away, folder);
  const reads = countCalls('readFile');
  expect(await files.readApp(app)).toMatchObject({ email: 'ada@acme.example' });
  expect(reads.mock.calls).toHaveLength(1);
});
