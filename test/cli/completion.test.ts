import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCatalog } from '../../main/agent/catalog/catalog.ts';
import { keepCompletionNames } from '../../main/agent/catalog/completion-names.ts';
import { silentLogger } from '../../main/agent/parts.ts';
import { createState } from '../../main/agent/state/state.ts';
import { completionScript } from '../../main/cli/completion/script.ts';
import { describe as describeProgram } from '../../main/cli/program.ts';
import { cell, eksCluster, heldClock, listed } from '../agent/catalog/clusters.ts';
import { currentProgram, type Home, makeHome, runCli } from './run-cli.ts';

let home: Home;
let bin: string;
beforeEach(async () => {
  home = await makeHome();
  bin = path.join(home.paths.home, 'bin');
  await mkdir(bin);
  await writeFile(
    path.join(bin, 'k8s-tunnels'),
    `#!/bin/sh\nexec '${process.execPath}' '${currentProgram}' "$@"\n`,
    { mode: 0o755 },
  );
});
afterEach(() => home.remove());

/** As an agent leaves them on disk. */
async function knowNames(...names: readonly string[]): Promise<void> {
  const clock = heldClock();
  const stored = { folder: home.paths.state, clock, logger: silentLogger };
  await mkdir(home.paths.state, { recursive: true });
  const catalog = await createCatalog({ ...stored, folder: path.join(home.paths.state, 'catalog') });
  catalog.apply(cell(listed(...names.map((name) => eksCluster(name)))));
  const state = createState(silentLogger);
  state.set({ sets: [{ name: 'back end', clusters: [] }] });
  const stop = keepCompletionNames({ ...stored, catalog, state });
  clock.advance(500);
  await expect.poll(() => readdir(home.paths.state)).toContain('completion.txt');
  stop();
  await catalog.close();
}
const names = async (...args: readonly string[]) => {
  const { code, stdout } = await runCli(['__names', ...args], { env: home.env });
  expect(code).toBe(0);
  return stdout.split('\n').filter(Boolean);
};

describe('the names', () => {
  it('are those that the last agent knew, without starting one', async () => {
    await knowNames('staging', 'payments-prod', 'payments-staging');
    expect(await names('cluster')).toEqual(['payments-prod', 'payments-staging', 'staging']);
    expect(await names('cluster', 'pay')).toEqual(['payments-prod', 'payments-staging']);
    expect(await names('set')).toEqual(['back end']);
    expect(await names('setting', 'contextN')).toEqual(['contextName']);
    // No socket, no lock and no log of an agent.
    expect((await readdir(home.paths.state)).toSorted()).toEqual(['catalog', 'completion.txt']);
  });

  it('are none where no agent ever ran, and nothing is made', async () => {
    expect(await names('cluster')).toEqual([]);
    expect(await readdir(home.paths.home)).toEqual(['bin']);
  });

  it('of contexts are those of the kubeconfig too', async () => {
    await knowNames('staging');
    const file = path.join(home.paths.home, 'config');
    await writeFile(
      file,
      'apiVersion: v1\nclusters:\n- cluster: {}\n  name: no-context\ncontexts:\n- context:\n    cluster: c\n    namespace: n\n  name: mine\n- name: "quoted"\n  context:\n    cluster: c\nusers: []\n',
    );
    const { stdout } = await runCli(['__names', 'context'], { env: { ...home.env, KUBECONFIG: file } });
    expect(stdout.split('\n').filter(Boolean)).toEqual(['mine', 'quoted', 'staging']);
  });
});

describe('in a shell', () => {
  const completeIn: Readonly<Record<string, (line: string) => readonly string[]>> = {
    bash: (line) => [
      '-c',
      `source <(k8s-tunnels completion bash); COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}
      _k8s_tunnels k8s-tunnels "\${COMP_LINE##*[: ]}" ""; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    fish: (line) => ['-c', `k8s-tunnels completion fish | source; complete -C ${JSON.stringify(line)}`],
  };
  const complete = async (shell: 'bash' | 'fish', line: string) => {
    const { stdout } = await execa(shell, completeIn[shell]?.(line) ?? [], {
      env: { ...home.env, PATH: `${bin}:/usr/bin:/bin` },
      extendEnv: false,
    });
    return stdout.split('\n').map((candidate) => candidate.split('\t')[0]);
  };

  for (const shell of ['bash', 'fish'] as const)
    it(`${shell} completes commands, options, clusters and words`, async (context) => {
      const { exitCode } = await execa(shell, ['--version'], { reject: false, stdin: 'ignore' });
      context.skip(exitCode !== 0, `${shell} is not installed`);
      await knowNames('staging', 'payments-prod', 'payments-staging');
      expect(await complete(shell, 'k8s-tunnels con')).toEqual(
        expect.arrayContaining(['connect', 'contexts']),
      );
      expect(await complete(shell, 'k8s-tunnels connect pay')).toEqual(['payments-prod', 'payments-staging']);
      expect(await complete(shell, 'k8s-tunnels connect --pro')).toContain('--production');
      expect(await complete(shell, 'k8s-tunnels kubeconfig ')).toEqual(
        expect.arrayContaining(['diff', 'history', 'undo']),
      );
      expect(await complete(shell, 'k8s-tunnels sets re')).toEqual(['remove', 'rename']);
      expect(await complete(shell, 'k8s-tunnels sets delete ')).toEqual([
        shell === 'bash' ? 'back\\ end' : 'back end',
      ]);
      expect(await complete(shell, 'k8s-tunnels sets save new st')).toEqual(['staging']);
      expect(await complete(shell, 'k8s-tunnels favourites a')).toEqual(['add']);
      expect(await complete(shell, 'k8s-tunnels favourites add st')).toEqual(['staging']);
      expect(await complete(shell, 'k8s-tunnels list -o ')).toEqual(
        expect.arrayContaining(['json', 'name', 'wide', 'yaml']),
      );
    });

  it('zsh and bash read the scripts without an error', async () => {
    const program = describeProgram({ json: false, done: () => {} });
    for (const shell of ['bash', 'zsh'] as const) {
      const there = await promisify(execFile)(shell, ['--version']).then(
        () => true,
        () => false,
      );
      if (!there) continue;
      const { stderr, exitCode } = await execa(shell, ['-n'], {
        input: completionScript(program, shell),
        reject: false,
      });
      expect([shell, stderr, exitCode]).toEqual([shell, '', 0]);
    }
  });

  it('of another kind is refused with those that there are', async () => {
    const { code, stderr } = await runCli(['completion', 'tcsh'], { env: home.env });
    expect(code).toBe(2);
    expect(stderr).toContain('bash, zsh, fish and powershell');
  });
});
