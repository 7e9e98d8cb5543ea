import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processCredentials } from '../../../../main/agent/providers/aws/credential-process.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'process-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What the profile gets from a program that prints this. */
async function gotFrom(answer: object) {
  const file = path.join(folder, 'program.mjs');
  await writeFile(file, `console.log(${JSON.stringify(JSON.stringify(answer))});`);
  const process_ = { profile: 'tool', command: `"${process.execPath}" "${file}"` };
  return processCredentials({ process: process_, env: process.env, signal: new AbortController().signal });
}

const keys = { Version: 1, AccessKeyId: 'AKIA', SecretAccessKey: 'secret' };
const longLived = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };

test.each([
  ['no further fields', {}],
  ['null', { SessionToken: null, Expiration: null, AccountId: null }],
  ['an empty text', { SessionToken: '', Expiration: '', AccountId: '' }],
])('keys without an end are good with %s for what they lack', async (_, fields) => {
  expect(await gotFrom({ ...keys, ...fields })).toEqual(longLived);
});

test('an end that is over, or no time, is none', async () => {
  for (const Expiration of ['2001-01-01T00:00:00Z', 'soon'])
    await expect(gotFrom({ ...keys, Expiration })).rejects.toMatchObject({
      message: expect.stringContaining('gave credentials that have expired'),
    });
  const Expiration = '2099-01-01T00:00:00+02:00';
  expect(await gotFrom({ ...keys, Expiration, SessionToken: 'token', AccountId: '444455556666' })).toEqual({
    ...longLived,
    sessionToken: 'token',
    accountId: '444455556666',
    expiration: new Date(Expiration),
  });
});
