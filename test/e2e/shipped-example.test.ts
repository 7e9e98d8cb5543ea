import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../cli/run-cli.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { defaultPlan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';

// Who starts from resources/examples/organisation.yaml, with this world's addresses in the place of the made-up ones.

const title = 'playground';
let world: World;
let commandLine: CommandLine;
let file: string;

beforeEach(async () => {
  world = await startWorld();
  for (const left of [
    '.aws/sso',
    '.aws/config',
    '.aws/credentials',
    '.azure',
    '.vault-token',
    '.config/gcloud',
  ])
    await rm(path.join(world.home, left), { recursive: true });
  commandLine = await createCommandLine(world, { VAULT_ADDR: '', GOOGLE_APPLICATION_CREDENTIALS: '' });
  const { startUrl, region } = defaultPlan.identityCenter;
  const values = {
    'https://acme.awsapps.com/start\n        region: eu-west-1': `${startUrl}\n        region: ${region}`,
    '[eu-west-1, eu-central-1]': '[eu-west-1, us-west-2]',
    'https://vault.acme.example': world.vault.url,
  };
  let example = await readFile(path.join(root, 'resources/examples/organisation.yaml'), 'utf8');
  for (const [made, real] of Object.entries(values)) {
    expect(example).toContain(made);
    example = example.replace(made, real);
  }
  file = path.join(world.home, 'organisation.yaml');
  await writeFile(file, example);
});
afterEach(async () => {
  await commandLine?.stop();
  await world?.close();
});

test('kubectl works after connect, and with mode add connect prints the context to use', async () => {
  expect(await commandLine.run('k8s-tunnels', ['setup', file, '--yes'])).toMatchObject({ code: 0 });
  expect(await commandLine.run('k8s-tunnels', ['login', 'aws'])).toMatchObject({ code: 0 });
  const connected = await commandLine.run('k8s-tunnels', ['connect', title]);
  expect(connected).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Current context: ${title}\n`),
  });
  expect(connected.stdout).not.toContain('--context');
  const { kubectl } = commandLine;
  if (kubectl !== undefined) {
    const { stdout } = await commandLine.run(kubectl, ['get', 'namespaces', '-o', 'name']);
    expect(stdout).toContain(`namespace/${title}`);
  }
  await commandLine.run('k8s-tunnels', ['forget', '--all']);
  const added = await commandLine.run('k8s-tunnels', ['connect', title, '--add']);
  expect(added.stdout).toContain(`\n  kubectl --context ${title} get namespaces\n`);
  expect(await createKubeClient(commandLine).namespaces(title)).toContain(title);
}, 120_000);
