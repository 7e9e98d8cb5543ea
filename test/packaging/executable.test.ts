import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { buildExecutable } from '../../scripts/packaging/executable.ts';
import { startFakeAgent } from '../cli/fake-agent.ts';
import { builtProgram, makeHome, root } from '../cli/run-cli.ts';
import { installCloudflared } from '../world/cloudflared/install.ts';
import { compileCache } from '../world/compile-cache.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan } from '../world/plan.ts';
import { startWorld } from '../world/world.ts';

const exec = promisify(execFile);
let folder: string;
let program: string;

beforeAll(async () => {
  await exec(process.execPath, [path.join(root, 'scripts/build.ts')]);
  folder = await mkdtemp(path.join(tmpdir(), 'executable-'));
  program = path.join(folder, 'k8s-tunnels');
  await buildExecutable({ file: program });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('the command line as one executable', () => {
  it('does the demo’s check with no node beside it', async () => {
    const only = path.join(folder, 'path');
    await mkdir(only);
    const kubectl = await execa('sh', ['-c', 'command -v kubectl'], { reject: false });
    if (kubectl.exitCode === 0) await symlink(kubectl.stdout, path.join(only, 'kubectl'));
    const { stdout, exitCode } = await execa(
      process.execPath,
      [path.join(root, 'test/world/demo/index.ts'), '--check', '--program', program],
      {
        // Nothing else on its PATH.
        env: { ...compileCache, HOME: process.env.HOME, TMPDIR: folder, PATH: only },
        extendEnv: false,
        reject: false,
        all: true,
      },
    );
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ok after /m) });
  });

  it('names itself to kubectl by its absolute path, and uses the cloudflared beside it', async () => {
    const bin = path.join(folder, 'bin');
    await installCloudflared(bin);
    const installed = path.join(bin, 'k8s-tunnels');
    await link(program, installed);
    // As a package puts it on the PATH.
    const onPath = path.join(folder, 'on-path');
    await symlink(installed, onPath);
    const eks = defaultPlan.eks.map((cluster) => ({
      ...cluster,
      tags: { ...cluster.tags, 'k8s-tunnels-connector': 'cloudflared' },
    }));
    const world = await startWorld({ plan: { ...defaultPlan, eks } });
    const commandLine = await createCommandLine(world, { K8S_TUNNELS_CLOUDFLARED: '/nowhere' }, onPath);
    try {
      const { results } = await commandLine.tunnels<Output<'connect'>>('connect', 'payments-staging-eu');
      expect(results).toMatchObject([{ status: 'connected' }]);
      expect((await commandLine.tunnels<Output<'snapshot'>>('status')).tunnels).toMatchObject([
        { connector: 'cloudflared' },
      ]);
      expect(await readFile(world.env.KUBECONFIG ?? '', 'utf8')).toMatch(
        new RegExp(`command: ["']?${installed}["']?\\n`),
      );
    } finally {
      await commandLine.stop();
      await world.close();
    }
  });

  it('takes no options of Node from NODE_OPTIONS', async () => {
    const env = { HOME: folder, NODE_OPTIONS: '--require /nowhere/at-all.js' };
    expect((await execa(program, ['--version'], { env, extendEnv: false })).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('answers a credential, and tells how long it and Node take', async () => {
    const home = await makeHome();
    const agent = await startFakeAgent(home.paths);
    const median = async (file: string, args: readonly string[]) => {
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const start = performance.now();
        const { stdout } = await execa(file, args, { env: home.env, extendEnv: false });
        times.push(performance.now() - start);
        expect(JSON.parse(stdout)).toMatchObject({ kind: 'ExecCredential' });
      }
      return `${Math.round(times.sort((a, b) => a - b)[3] ?? 0)} ms`;
    };
    try {
      const asked = ['credential', 'prod'];
      const own = await median(program, asked);
      const node = await median(process.execPath, [builtProgram, ...asked]);
      console.log(`k8s-tunnels credential, from start to end: ${own} as one executable, ${node} by node`);
    } finally {
      await agent.close();
      await home.remove();
    }
  });
});
