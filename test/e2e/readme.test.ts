import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { blocksOf, root } from '../docs/blocks.ts';
import { startWorld, type World } from '../world/world.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';

/**
 * What the README and docs/usage.md have people type, each line as it is there, in a login shell whose `node` is an older
 * one: the lowest that the README names.
 */
const oldNode = process.env.K8S_TUNNELS_OLD_NODE ?? (await loginNode());

/** Of these more than success is an answer: lint-tags ends with 6 where it finds errors. */
const codes: Readonly<Record<string, readonly number[]>> = { 'k8s-tunnels lint-tags': [6] };
/** These go on until they are ended; by the line, how it is run and what it shows. */
const lasting: Readonly<Record<string, { readonly run: string; readonly shows: RegExp }>> = {
  'k8s-tunnels': {
    run: 'script -qec "stty rows 40 cols 100; k8s-tunnels" /dev/null',
    shows: /payments-staging/,
  },
  'k8s-tunnels serve': { run: 'k8s-tunnels serve', shows: /http:\/\/127\.0\.0\.1:\d+\// },
};

/** The Node that the user's own login shell finds, where it is one of 20. */
async function loginNode(): Promise<string | undefined> {
  const asked = ['command -v node && node --version'];
  const { HOME = '/' } = process.env;
  const { stdout, exitCode } = await execa('bash', ['-lc', ...asked], {
    env: { HOME },
    extendEnv: false,
    reject: false,
  });
  const [file, version = ''] = stdout.split('\n').slice(-2);
  return exitCode === 0 && version.startsWith('v20.') ? file : undefined;
}

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await inShell('k8s-tunnels quit');
  await world.close();
});

const inShell = (line: string) =>
  execa('bash', ['-lc', line], {
    cwd: root,
    env: { ...world.env, PATH: process.env.PATH ?? '' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    all: true,
    timeout: 60_000,
  });

test('the README and the daily use run as they are written, under the oldest Node that is named', {
  timeout: 180_000,
}, async (context) => {
  if (oldNode === undefined) return context.skip('no older Node: set K8S_TUNNELS_OLD_NODE');
  context.skip(whyNoKubectl !== undefined, whyNoKubectl);
  const bin = path.join(world.home, '.local', 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(oldNode, path.join(bin, 'node'));
  const profile = path.join(world.home, '.bash_profile');
  await symlink((await execa('sh', ['-c', 'command -v kubectl'])).stdout, path.join(bin, 'kubectl'));
  await writeFile(profile, `PATH=${bin}:/usr/bin:/bin\n`);
  await chmod(profile, 0o600);
  const { stdout: version } = await inShell('node --version');
  expect(version).toMatch(/^v20\./);

  const organisation = path.join(world.home, 'acme.yaml');
  await writeFile(organisation, 'version: 1\nname: Acme\n');
  const blocks = await blocksOf('README.md');
  const commands = blocks.filter(({ language }) => language === 'sh');
  // Build, first minutes and uninstall; the last one, of those who develop, runs for hours.
  const [build, first, uninstall, develop, ...more] = commands;
  expect(develop?.text).toContain('npm test');
  expect(more).toEqual([]);
  const daily = (await blocksOf('docs/usage.md')).find(({ text }) => text.includes('k8s-tunnels connect'));
  const lines = [build, first, uninstall, daily].flatMap((block) => {
    const own = (block?.text ?? '').split('\n').flatMap((line) => line.replace(/ +#.*$/, '').trim() || []);
    expect(own.length).toBeGreaterThan(2);
    return own;
  });
  for (const line of lines) {
    // Installed and built before the tests; the Node of npm's scripts is not the shell's.
    if (line === 'npm ci' || line === 'npm run build') continue;
    const goesOn = lasting[line];
    if (goesOn !== undefined) {
      const running = inShell(`exec ${goesOn.run}`);
      let shown = '';
      running.all.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      await vi.waitFor(() => expect(shown, line).toMatch(goesOn.shows), 20_000);
      running.kill('SIGTERM');
      await running;
      continue;
    }
    // No address of the documents answers, and nobody is there to agree.
    const given = line.replace(/(?<=^k8s-tunnels setup )acme\.example$/, `${organisation} --yes`);
    const { exitCode, all } = await inShell(given);
    expect([0, ...(codes[line] ?? [])], `${line}\n${all}`).toContain(exitCode);
  }
});
