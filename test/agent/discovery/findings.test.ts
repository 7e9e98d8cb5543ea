import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFindings } from '../../../main/agent/discovery/findings.ts';
import { awsFindings } from '../../../main/agent/providers/aws/findings.ts';
import { fileFindings } from '../../../main/agent/providers/file/findings.ts';
import { gcloudFindings } from '../../../main/agent/providers/gcp/gcloud-account.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'findings-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const put = async (file: string, content: string) => {
  await mkdir(path.dirname(path.join(home, file)), { recursive: true });
  await writeFile(path.join(home, file), content);
};
const read = (clusterFiles: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  readFindings([
    { findings: () => awsFindings({ env, home }) },
    { findings: () => gcloudFindings({ env, home }) },
    { findings: () => fileFindings({ env, home, files: clusterFiles, folder: path.join(home, 'config') }) },
    {},
  ]);

test('an empty home has nothing', async () => {
  expect(await read()).toEqual({ awsProfiles: [], clusterFiles: [] });
});

test('names and numbers are told, and no secret', async () => {
  await put(
    '.aws/config',
    '[profile plain]\nregion = eu-west-1\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n',
  );
  await put('.aws/credentials', '[keys]\naws_access_key_id = AKIASECRET\naws_secret_access_key = s3cret\n');
  await put('.config/gcloud/active_config', 'work\n');
  await put('.config/gcloud/configurations/config_default', '[core]\naccount = nobody@acme.example\n');
  await put(
    '.config/gcloud/configurations/config_work',
    '[compute]\naccount = x\n[core]\nproject = p\naccount = ada@acme.example\n[auth]\naccess_token_file = /s3cret\n',
  );
  await put('config/lab.yaml', '- {name: lab, server: "https://lab.example", user: {token: s3cret}}\n');
  const found = await read(['lab.yaml', '~/gone.yaml', 'lab.yaml']);
  expect(found).toMatchObject({ awsProfiles: ['role', 'keys'], gcloudAccount: 'ada@acme.example' });
  expect(found.clusterFiles).toHaveLength(2);
  expect(found.clusterFiles[1]).toMatchObject({
    file: path.join(home, 'gone.yaml'),
    error: { code: 'file-unreadable' },
  });
  expect(JSON.stringify(found)).not.toMatch(/s3cret|AKIASECRET/);
});

test('the environment counts before the files: its AWS credentials without a profile, its configuration of gcloud', async () => {
  await put('elsewhere/configurations/config_play', '[core]\naccount = play@acme.example\n');
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIASECRET',
    CLOUDSDK_CONFIG: path.join(home, 'elsewhere'),
    CLOUDSDK_ACTIVE_CONFIG_NAME: 'play',
  };
  expect(await read([], env)).toMatchObject({ awsProfiles: [''], gcloudAccount: 'play@acme.example' });
  // A name leads to no other folder.
  expect(await read([], { ...env, CLOUDSDK_ACTIVE_CONFIG_NAME: '../config_play' })).not.toHaveProperty(
    'gcloudAccount',
  );
});
