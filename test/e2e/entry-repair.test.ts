import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import type { CommandLine } from '../world/demo/command-line.ts';
import { eachInWorld } from './world-fixture.ts';

const cluster = 'payments-staging-eu';
const own = 'apiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\ncurrent-context: ""\n';
const found = await execa('kubectl', ['version', '--client'], { reject: false });

let commandLine: CommandLine;
let file: string;
eachInWorld(
  ({ world, commandLine: started }) => {
    commandLine = started;
    file = path.join(world.home, '.kube', 'config');
  },
  { kubeconfig: own },
);

test.skipIf(found.exitCode !== 0)(
  'a proxy-url that kubectl takes away comes back, once; then the entry is reported, and never as connected',
  async () => {
    await commandLine.tunnels('connect', cluster);
    const unset = () => commandLine.run('kubectl', ['config', 'unset', `clusters.${cluster}.proxy-url`]);
    const hasProxy = async () => (await readFile(file, 'utf8')).includes('proxy-url');
    expect(await unset()).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await hasProxy()).toBe(true));
    const answer = await commandLine.run('kubectl', ['get', 'ns', '-o', 'name']);
    expect(answer).toMatchObject({ code: 0, stdout: expect.stringContaining('namespace/') });

    await unset();
    await vi.waitFor(async () =>
      expect((await commandLine.snapshot()).tunnels).toMatchObject([
        { state: { status: 'degraded', failure: { stage: 'local', error: { code: 'kubeconfig-entry' } } } },
      ]),
    );
    expect(await hasProxy()).toBe(false);
    // Connecting it again is the user's word.
    await commandLine.tunnels('connect', '--add', cluster);
    await vi.waitFor(async () =>
      expect((await commandLine.snapshot()).tunnels).toMatchObject([{ state: { status: 'connected' } }]),
    );
    await commandLine.tunnels('remove', cluster);
    expect(await readFile(file, 'utf8')).not.toContain('k8s-tunnels');
  },
);
