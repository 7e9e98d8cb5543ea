import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { root } from '../cli/run-cli.ts';
import { startWorld, type World } from '../world/world.ts';

/**
 * The built product of two versions in one home: the built one, and copies of it with another version, of which one speaks
 * another protocol too. Each begins what the other goes on with.
 */
const built = path.join(root, 'out');
const cluster = 'search-staging';
let folders: { readonly later: string; readonly otherProtocol: string };
let world: World;
let copies: string;

const copyOf = async (name: string, edit: (text: string) => string) => {
  const folder = path.join(copies, name);
  for (const part of ['cli', 'agent', 'plan'])
    await cp(path.join(built, part), path.join(folder, part), { recursive: true });
  let edits = 0;
  for (const part of ['cli', 'agent'])
    for (const file of await readdir(path.join(folder, part))) {
      const place = path.join(folder, part, file);
      const before = await readFile(place, 'utf8');
      const after = edit(before);
      if (after === before) continue;
      edits += 1;
      await writeFile(place, after);
    }
  expect([name, edits > 1]).toEqual([name, true]);
  return folder;
};
const otherVersion = (text: string) =>
  text.replace(/(version(?:\$\d)?(?: ?=|:) ?)(["`])0\.1\.0\2/g, '$1"0.2.0"');
const otherProtocol = (text: string) =>
  otherVersion(text)
    .replace(/(protocol: ?)1\b(?=[,}])/g, '$12')
    .replace(/(\.protocol ?!== ?)1\b/g, '$12');

beforeAll(async () => {
  copies = await mkdtemp(path.join(tmpdir(), 'versions-'));
  folders = {
    later: await copyOf('later', otherVersion),
    otherProtocol: await copyOf('protocol', otherProtocol),
  };
}, 60_000);
afterAll(async () => {
  await rm(copies, { recursive: true, force: true });
});
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  for (const folder of [built, ...Object.values(folders)]) await run(folder, 'quit');
  await world.close();
});

const run = (folder: string, ...args: readonly string[]) =>
  execa(process.execPath, [path.join(folder, 'cli', 'k8s-tunnels.cjs'), ...args], {
    env: { ...world.env, PATH: process.env.PATH },
    extendEnv: false,
    cwd: world.home,
    reject: false,
    all: true,
  });
const json = async <T>(folder: string, ...args: readonly string[]): Promise<T> => {
  const { exitCode, stdout, stderr } = await run(folder, ...args, '--json');
  expect([args, exitCode, stderr]).toEqual([args, 0, expect.anything()]);
  return JSON.parse(stdout) as T;
};
const status = (folder: string) => json<Output<'snapshot'>>(folder, 'status');
/** As kubectl asks for it. */
const credential = async (folder: string) => {
  const { exitCode, stdout, stderr } = await run(folder, 'credential', cluster);
  return {
    exitCode,
    stderr,
    kind: exitCode === 0 ? (JSON.parse(stdout) as { kind: string }).kind : undefined,
  };
};
const works = { exitCode: 0, stderr: '', kind: 'ExecCredential' };

describe.each([
  ['an agent of the version before', () => [built, folders.later] as const, ['0.1.0', '0.2.0']],
  ['an agent of the version after', () => [folders.later, built] as const, ['0.2.0', '0.1.0']],
])('%s', (_, ofAgent, [agentVersion, ownVersion]) => {
  test('serves the command line and kubectl, which say that they differ', async () => {
    const [first, second] = ofAgent();
    await json(first, 'connect', cluster);
    const { agent } = await status(second);
    expect(agent.version).toBe(agentVersion);
    expect((await run(second, 'status')).all).toContain(
      `This command line is ${ownVersion}. Run \`k8s-tunnels quit\`, and the next command starts that version.`,
    );
    expect(await credential(second)).toEqual(works);
    await json(second, 'favourites', 'add', cluster);
    expect(await json(second, 'version', '--all')).toMatchObject({
      version: ownVersion,
      agent: { version: agentVersion, pid: agent.pid, host: 'headless' },
    });
    await json(second, 'quit');
    expect((await status(second)).agent.version).toBe(ownVersion);
    expect(await json(second, 'favourites')).toMatchObject({ favourites: [{ title: cluster }] });
    expect(await credential(second)).toEqual(works);
  });
});

describe.each([
  ['older', () => [built, folders.otherProtocol] as const, '0.1.0'],
  ['newer', () => [folders.otherProtocol, built] as const, '0.2.0'],
])('an agent of an %s protocol', (_, ofAgent, agentVersion) => {
  test('is named and refused, and quit ends it: the next opens the same tunnel on the same port', async () => {
    const [first, second] = ofAgent();
    await json(first, 'connect', cluster);
    const { agent, tunnels } = await status(first);
    expect(tunnels).toHaveLength(1);

    for (const args of [['status'], ['credential', cluster], ['disconnect', '--all']]) {
      const { exitCode, all } = await run(second, ...args);
      expect([args, exitCode]).toEqual([args, 5]);
      expect(all).toContain(
        `The agent that runs (process ${agent.pid}) is k8s-tunnels ${agentVersion}, which this one`,
      );
      expect(all).toContain('`k8s-tunnels quit`');
    }
    expect(await json(second, 'version', '--all')).toMatchObject({
      agent: { error: { code: 'agent-version' } },
    });
    expect((await status(first)).agent.pid).toBe(agent.pid);

    expect(await json(second, 'quit')).toEqual({ pid: agent.pid });
    expect(await credential(second)).toEqual(works);
    const next = await status(second);
    expect(next.agent.pid).not.toBe(agent.pid);
    expect(next.tunnels.map(({ cluster: id, port }) => [id, port])).toEqual(
      tunnels.map(({ cluster: id, port }) => [id, port]),
    );
  });
});
