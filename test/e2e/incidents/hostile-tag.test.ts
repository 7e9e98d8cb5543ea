import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CommandLine, createCommandLine } from '../../world/demo/command-line.ts';
import { createKubeClient } from '../../world/demo/kube-client.ts';
import { defaultPlan, type EksCluster } from '../../world/plan.ts';
import { startWorld, type World } from '../../world/world.ts';
import { linesUnder } from './runbook.ts';

// docs/runbook.md: a hostile tag.

const title = 'A hostile tag';
const cluster = 'payments-staging-eu';
const hostname = 'payments-staging.k8s.acme.example';
let world: World;
let commandLine: CommandLine;
/** What AWS has: a test changes it. */
let eks: EksCluster[];
beforeEach(async () => {
  eks = defaultPlan.eks.map((one) => ({ ...one }));
  world = await startWorld({ plan: { ...defaultPlan, eks } });
  commandLine = await createCommandLine(world);
});
afterEach(async () => {
  await commandLine.stop();
  await world.close();
});

function tag(value: string): void {
  const at = eks.findIndex(({ name }) => name === 'payments-staging');
  const found = eks[at];
  if (found === undefined) throw new Error('the plan has no such cluster');
  eks[at] = { ...found, tags: { ...found.tags, 'k8s-tunnels-hostname': value } };
}

test('a tag that leads elsewhere reaches no cluster; the printed command and a refresh repair it', async () => {
  const [disconnect = '', command = '', discover = '', lint = ''] = await linesUnder(title);
  const shell = (line: string) => commandLine.run('bash', ['-c', line]);
  expect(await shell(`k8s-tunnels connect ${cluster}`)).toMatchObject({ code: 0 });
  // Another application of the same zone, which has nothing behind it.
  tag('evil.k8s.acme.example');
  await shell(discover);
  expect(await shell(disconnect)).toMatchObject({ code: 0 });
  const refused = await shell(`k8s-tunnels connect ${cluster} --add`);
  expect(refused.code).not.toBe(0);
  expect(world.access.openConnections('evil.k8s.acme.example')).toBe(0);

  const { stdout } = await shell(command);
  expect(stdout).toMatch(/^aws eks tag-resource /m);
  expect(stdout).toContain(hostname);
  tag(hostname);
  await shell(discover);
  // 6 where other clusters of the world have findings.
  expect([0, 6]).toContain((await shell(lint)).code);
  expect((await shell('k8s-tunnels tags payments-staging')).stdout).toContain(hostname);
  expect(await shell(`k8s-tunnels connect ${cluster} --add`)).toMatchObject({ code: 0 });
  expect(await createKubeClient(commandLine).namespaces(cluster)).toContain('payments-staging');
});
