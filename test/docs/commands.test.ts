import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNetwork } from '../../main/agent/network/network.ts';
import { readSource } from '../../main/agent/organisation/read-source.ts';
import { openEnvelope } from '../../main/agent/releases/envelope.ts';
import { readPublication } from '../../resources/worker/src/publication.ts';
import { signRelease } from '../../resources/worker/src/sign.ts';
import { startRig } from '../agent/organisation/rig.ts';
import { currentProgram } from '../cli/run-cli.ts';
import { blocksOf } from './blocks.ts';

// What docs/admin.md has people type, typed.

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'commands-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function blockWith(text: string): Promise<string> {
  const found = (await blocksOf('docs/admin.md')).find((block) => block.text.includes(text));
  if (found === undefined) throw new Error(`docs/admin.md has no block with ${text}`);
  return found.text;
}
const bash = async (script: string) =>
  (
    await execa('bash', ['-eo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { PATH: process.env.PATH },
      // Tests of the same process may have variables that programs obey.
      extendEnv: false,
    })
  ).stdout;

it('a configuration signed as it says is taken with the key that is printed, and with no other', async () => {
  const file = path.join(folder, 'k8s-tunnels.yaml');
  await writeFile(file, 'version: 1\nname: Acme\n');
  const key = (
    await bash(await blockWith('-pubout -outform DER | tail -c 32 | base64   # the key to give'))
  ).trim();
  const origin = { kind: 'file', path: file } as const;
  const network = createNetwork({});
  expect((await readSource({ origin, keys: [key], network }))?.text).toContain('Acme');
  await writeFile(file, 'version: 1\nname: Evil\n');
  await expect(readSource({ origin, keys: [key], network })).rejects.toMatchObject({
    code: 'organisation-refused',
  });
});

it('signs, checks and replaces its key with our own commands, as it says', async () => {
  const rig = await startRig();
  try {
    const file = path.join(folder, 'k8s-tunnels.yaml');
    const ours = `k8s-tunnels() { "${process.execPath}" "${currentProgram}" "$@"; }\nexport HOME="${folder}"\n`;
    const write = (revision: number, keys: readonly string[], more = '') =>
      writeFile(
        file,
        `version: 1\nname: Acme\nrevision: ${revision}\n${keys.length === 0 ? '' : `signing: {publicKeys: [${keys.map((key) => `"${key}"`).join(', ')}]}\n`}${more}`,
      );
    const publish = async () => {
      rig.publish(await readFile(file, 'utf8'));
      rig.publisher.publish('/acme.yaml.sig', await readFile(`${file}.sig`, 'utf8'));
    };
    await write(1, []);
    const printed = await bash(
      `${ours}${await blockWith('ORGANISATION_KEY=$(k8s-tunnels')}\necho "key $ORGANISATION_KEY"`,
    );
    expect(printed).toContain('Nothing is wrong.');
    const [, key = ''] = /^key (.*)$/m.exec(printed) ?? [];
    await publish();
    const keeper = await rig.start();
    await rig.setUp(keeper, rig.url, { key });

    const rotation = await blockWith('setup --new-key next.key');
    const next = (await bash(`${ours}${rotation.split('\n')[0]}`)).trim();
    const sign = rotation.split('\n').slice(1).join('\n');
    await write(2, [key, next]);
    await bash(ours + sign);
    await publish();
    await keeper.refresh();
    expect(keeper.view()).toMatchObject({ keys: [key, next], signers: [key] });
    await write(3, [next]);
    await bash(ours + sign);
    await publish();
    await keeper.refresh();
    await write(4, [next], 'tagPrefix: acme-\n');
    await bash(`${ours}k8s-tunnels setup --sign k8s-tunnels.yaml --key-file next.key`);
    await publish();
    expect(await keeper.refresh()).toBe(true);
    expect(keeper.view()).toMatchObject({ keys: [next], signers: [next], signed: true });
  } finally {
    await rig.close();
  }
});

it('the Worker signs with the key that is made for it, for the publicKey that is printed', async () => {
  const script = await blockWith('wrangler kv namespace create');
  // wrangler itself would reach out to Cloudflare: what is given to it is kept instead.
  await mkdir(path.join(folder, 'resources/worker'), { recursive: true });
  const npx = 'if [ "$2 $3" = "secret put" ]; then cat > "$4.given"; fi';
  const printed = await bash(`npx() { ${npx}; }\n${script}`);
  const publicKey = printed.trim().split('\n').at(-1) ?? '';
  const given = (name: string) => readFile(path.join(folder, 'resources/worker', `${name}.given`), 'utf8');
  expect(await given('PUBLISH_SECRET')).toMatch(/^[0-9a-f]{64}$/);
  const release = {
    channel: 'stable',
    version: '1.4.0',
    notes: '',
    url: 'https://acme.example/',
    publishedAt: new Date().toISOString(),
    rollout: 100,
  };
  const envelope = await signRelease(release, await given('SIGNING_KEY'));
  const feed = { url: 'https://acme.example', keys: [publicKey], channel: 'stable' } as const;
  expect(openEnvelope(Buffer.from(JSON.stringify(envelope)), feed).version).toBe('1.4.0');
});

it('what it has the release workflow send is what the Worker takes', async (context) => {
  const jq = await execa('jq', ['--version'], { reject: false });
  context.skip(jq.exitCode !== 0, 'jq is not installed');
  await writeFile(path.join(folder, 'CHANGES.md'), '# 1.4.0\n\n- "Quoted" & all\n');
  const script = await blockWith('--rawfile notes');
  const sent = await bash(`curl() { cat; }\nPUBLISH_SECRET=x\n${script}`);
  expect(readPublication(sent)).toEqual({
    publication: {
      version: '1.4.0',
      rollout: 20,
      notes: '# 1.4.0\n\n- "Quoted" & all\n',
      url: 'https://acme.example/k8s-tunnels/1.4.0',
    },
  });
});
