import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { fakeAgentRig } from './fake-agent-rig.ts';
import { root } from './run-cli.ts';
import { startInTerminal } from './terminal.ts';

const rig = fakeAgentRig();
const { run } = rig;
const lines = async (...args: readonly string[]) => (await run(...args)).stdout.trimEnd().split('\n');
const inTerminal = it.runIf(process.platform === 'linux');

describe('list', () => {
  it('marks the current context, favourites, production and latency, in every format', async () => {
    await run('connect', 'staging');
    const { clusters } = JSON.parse((await run('list', '-o', 'json')).stdout);
    expect(clusters.find(({ title }: { readonly title: string }) => title === 'staging')).toMatchObject({
      current: true,
      favourite: false,
      production: false,
      latencyMs: 12,
      context: 'staging',
      seenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(parse((await run('list', '-o', 'yaml')).stdout).clusters).toHaveLength(clusters.length);
    expect(await lines('list', '-o', 'name')).toEqual([...(await lines('list', '-o', 'name'))].toSorted());
    expect(await lines('list', '-o', 'name')).toEqual(expect.arrayContaining(['prod', 'staging']));
    const wide = await lines('list', '-o', 'wide');
    expect(wide[0]).toMatch(/CONTEXT +ENVIRONMENT +STATUS +LATENCY +LOCATION/);
    expect(wide.find((line) => line.includes('staging'))).toMatch(
      /^\* +staging +staging +connected +12 ms .*T.*Z$/,
    );
    expect((await lines('list')).find((line) => line.includes('staging'))).toMatch(
      /^ {2}\* +● +staging .* 12 ms$/,
    );
  });

  it('names the formats that there are', async () => {
    const { code, stderr } = await run('list', '-o', 'xml');
    expect([code, stderr]).toEqual([2, expect.stringContaining('wide, name, json, yaml')]);
  });
});

describe('contexts', () => {
  it('lists all with marks, or their names', async () => {
    await run('connect', 'staging');
    expect(await lines('contexts')).toEqual([
      expect.stringMatching(/^ +mine$/),
      expect.stringMatching(/^\* +staging +connected$/),
    ]);
    expect(await lines('contexts', '-o', 'name')).toEqual(['mine', 'staging']);
  });
});

describe('a name that fits no cluster', () => {
  it('is answered with near names only', async () => {
    expect((await run('connect', 'stagnig')).stderr).toContain('Did you mean staging');
    const far = await run('connect', 'quuxbazle');
    expect(far.code).toBe(4);
    expect(far.stderr).not.toContain('Did you mean');
    expect(far.stderr).toContain('k8s-tunnels list');
  });

  inTerminal('offers those that match it, where there is a terminal', async () => {
    const terminal = startInTerminal({ args: ['connect', 'stagi'], env: rig.home.env });
    await terminal.shows(/Clusters that match "stagi"/);
    await terminal.shows(/staging/);
    // Tab selects the first.
    terminal.press('\t');
    await terminal.shows(/◼|\[\+\]|\[•\]/);
    terminal.press('\r');
    expect(await terminal.ended).toBe(0);
    expect(rig.agent.calls.filter(({ name }) => name === 'connect').at(-1)?.input).toMatchObject({
      clusters: ['eks/444455556666/eu-west-1/staging'],
    });
  });
});

describe('help', () => {
  it('is a command too, also of one command', async () => {
    expect((await run('help')).stdout).toContain('Usage: k8s-tunnels');
    const { stdout, code } = await run('help', 'shell');
    expect(code).toBe(0);
    expect(stdout).toContain('k8s-tunnels shell ledger-prod -n ledger');
  });
});

describe('what is printed with --json', () => {
  it('fits the published schema', async () => {
    const schema = JSON.parse(await readFile(path.join(root, 'docs/json-output.schema.json'), 'utf8'));
    const fits = (name: string, text: string) => {
      const { $defs, $schema } = schema;
      const result = z.fromJSONSchema({ $schema, ...$defs[name] }).safeParse(JSON.parse(text));
      return result.success ? [] : [`${name}: ${result.error.message}`];
    };
    const printed: readonly (readonly [string, ...string[]])[] = [
      ['connect', 'staging', 'prod'],
      ['list'],
      ['status'],
      ['contexts'],
      ['switch', 'staging'],
      ['sets'],
      ['activity'],
      ['discover'],
      ['rotate', 'staging'],
      ['tags', 'staging'],
      ['disconnect', 'staging'],
      ['remove', '--all'],
    ];
    for (const [name, ...args] of printed)
      expect(fits(name, (await run(name, ...args, '--json')).stdout)).toEqual([]);
    expect(fits('error', (await run('connect', 'quuxbazle', '--json')).stdout)).toEqual([]);
    // A schema that takes everything would prove nothing.
    expect(fits('list', '{"clusters": [{}], "failed": []}')).toHaveLength(1);
  });
});
