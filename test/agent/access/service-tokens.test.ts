import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readServiceToken } from '../../../main/agent/access/service-tokens.ts';
import { createOrganisationFiles } from '../../../main/agent/organisation/organisation-files.ts';

let folder: string;
let clientIdFile: string;
let clientSecretFile: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'service-tokens-'));
  clientIdFile = path.join(folder, 'id');
  clientSecretFile = path.join(folder, 'secret');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  await writeFile(clientIdFile, '0123.access\n');
  await writeFile(clientSecretFile, 'geheim\n');
});
const read = (hostname: string, hostnames: readonly string[]) =>
  readServiceToken(
    hostname,
    [{ hostnames: [...hostnames], clientIdFile, clientSecretFile }],
    createOrganisationFiles({ system: [], own: folder }),
  );

it('is shown to the host names that the organisation lists, and to no other', async () => {
  const listed = ['*.ci.acme.example', 'mine.k8s.acme.example'];
  const asked = ['a.ci.acme.example', 'mine.k8s.acme.example', 'ci.acme.example', 'a.b.ci.acme.example'];
  const others = ['evil-ci.acme.example', 'a.ci.acme.example.evil.example', 'mine.k8s.acme.example.evil'];
  const tokens = await Promise.all([...asked, ...others].map((hostname) => read(hostname, listed)));
  expect(tokens.map((token) => token?.clientSecret)).toEqual([
    ...['geheim', 'geheim'],
    ...Array.from({ length: 5 }, () => undefined),
  ]);
  expect(tokens[0]).toEqual({ clientId: '0123.access', clientSecret: 'geheim', file: clientSecretFile });
});

it('is none where a file of it is not there, and read anew each time', async () => {
  await rm(clientSecretFile);
  expect(await read('a.example', ['a.example'])).toBeUndefined();
  await writeFile(clientSecretFile, 'new');
  expect(await read('a.example', ['a.example'])).toMatchObject({ clientSecret: 'new' });
});

it('is refused where a file holds more than a word, which is not repeated', async () => {
  await writeFile(clientSecretFile, 'geheim\r\nCf-Access-Token: forged');
  const error = await read('a.example', ['a.example']).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'bad-input' });
  expect(String(error)).not.toContain('geheim');
});

it('is refused where a file of it lies in another folder, which is not read', async () => {
  const elsewhere = path.join(folder, '..', `${path.basename(folder)}-elsewhere`);
  await writeFile(elsewhere, 'geheim', { mode: 0o600 });
  try {
    await expect(
      readServiceToken(
        'a.example',
        [{ hostnames: ['a.example'], clientIdFile, clientSecretFile: elsewhere }],
        createOrganisationFiles({ system: [], own: folder }),
      ),
    ).rejects.toMatchObject({
      code: 'organisation-refused',
      message: expect.stringContaining(
        `${elsewhere} (clientSecretFile of your organisation's configuration)`,
      ),
      hint: expect.stringContaining(folder),
    });
  } finally {
    await rm(elsewhere);
  }
});
