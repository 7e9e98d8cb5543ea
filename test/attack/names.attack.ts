import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pathsFrom } from '../../main/agent/paths.ts';
import { controlsText } from '../../renderer/controls/text.ts';
import { detailText } from '../../renderer/detail/text.ts';
import { findChromium } from '../e2e/chromium.ts';
import { openBrowserWindow } from '../world/demo/browser-window.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

// A list of clusters whose names attack the clipboard, the terminal, the kubeconfig and the reader.

const run = promisify(execFile);
const contextName = /^[A-Za-z0-9_][\w.@/:-]{0,199}$/;
/** What a terminal acts on, or what turns a line around, raw or as a document escapes it. */
const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\n\t]]/v;
const escaped = /\\u00(?:1b|9b)|\\x1b|\\e\[|\\u202e/i;

interface Listed {
  readonly id: string;
  readonly title: string;
  readonly context: string;
  readonly tagProblems: readonly { readonly key: string }[];
}

let world: World;
let commandLine: CommandLine;
let marker: string;
/** Names at the source, and what they are shown as. */
let names: Readonly<
  Record<'clipboard' | 'bare' | 'option' | 'escape' | 'turned' | 'alike' | 'spaced', string>
>;
/** Everything that was printed. */
let printed = '';
let listed: ReadonlyMap<string, Listed>;

const tunnels = async (...args: readonly string[]) => {
  const ran = await commandLine.run('k8s-tunnels', args);
  printed += ran.stdout + ran.stderr;
  return ran;
};
const shown = (name: keyof typeof names): Listed => {
  const title = { ...names, escape: 'depot-berlin', turned: 'evil-rtl-override-prod' }[name];
  const found = [...listed.values()].find((one) => one.title === title && one.id.startsWith('file/'));
  if (found === undefined) throw new Error(`${title} is not listed`);
  return found;
};

beforeAll(async () => {
  world = await startWorld();
  commandLine = await createCommandLine(world);
  marker = path.join(world.home, 'pwned');
  names = {
    clipboard: `x'; touch ${marker}; echo '`,
    bare: `y; touch ${marker}; z`,
    option: '--help',
    escape: 'depot\u001b[2J-berlin',
    turned: '\u202eevil-rtl-override-prod',
    alike: 'раyments-prod-eu',
    spaced: 'pay / eu @ops',
  };
  const folder = path.join(world.home, '.config', 'k8s-tunnels');
  await mkdir(folder, { recursive: true });
  const api = world.api('depot-berlin');
  const { certificate, key } = await api.issueClient('ada', ['system:masters']);
  for (const [file, content] of [
    ['ca.crt', api.authority.certificate],
    ['ada.crt', certificate],
    ['ada.key', key],
    ['settings.json', JSON.stringify({ clusterFiles: ['clusters.yaml'] })],
    [
      'clusters.yaml',
      JSON.stringify(
        Object.values(names).map((name) => ({
          name,
          server: 'https://k8s.depot-berlin.acme.internal:6443',
          'certificate-authority': 'ca.crt',
          tags: { hostname: 'depot-berlin.k8s.acme.example', origin: 'tcp', owner: 'Ada' },
          user: { 'client-certificate': 'ada.crt', 'client-key': 'ada.key' },
        })),
      ),
    ],
  ] as const)
    await writeFile(path.join(folder, file), content, { mode: 0o600 });
  const { stdout } = await tunnels('list', '--json');
  const { clusters } = JSON.parse(stdout) as { readonly clusters: readonly Listed[] };
  listed = new Map(clusters.map((cluster) => [cluster.id, cluster]));
});
afterAll(async () => {
  await commandLine?.stop();
  await world?.close();
});

test('every cluster has a safe context name, and the titles are the source’s without what cannot be seen', () => {
  expect(shown('clipboard').context).toMatch(/^x-touch-/);
  expect(shown('option').context).toBe('help');
  expect(shown('turned').context).toBe('evil-rtl-override-prod');
  expect(shown('alike').context).toBe('yments-prod-eu');
  expect(shown('spaced').context).toBe('pay-/-eu-@ops');
  // Vault has one of that name: neither gets it.
  const alike = [...listed.values()].filter(({ title }) => title === 'depot-berlin');
  expect(alike.map(({ context }) => context)).toEqual(
    Array(2).fill(expect.stringMatching(/^depot-berlin-[0-9a-f]{8}$/)),
  );
  const contexts = [...listed.values()].map(({ context }) => context);
  expect(new Set(contexts).size).toBe(contexts.length);
  for (const context of contexts) expect(context).toMatch(contextName);
  for (const name of ['escape', 'turned'] as const)
    expect(shown(name).tagProblems).toContainEqual(expect.objectContaining({ key: 'name' }));
});

test('they are flagged in the list and by lint-tags, with what to do', async () => {
  const { stdout } = await tunnels('list');
  expect(stdout).toMatch(/раyments-prod-eu.*mixed scripts: р, а are Cyrillic/);
  expect(stdout).toMatch(/evil-rtl-override-prod.*control or direction characters/);
  const lint = JSON.parse((await tunnels('lint-tags', '--json', '--source', 'file')).stdout);
  const found = lint.findings.map(({ title, kind }: { title: string; kind: string }) => [title, kind]);
  expect(found).toContainEqual([names.alike, 'title-mixed-scripts']);
  expect(found).toContainEqual(['evil-rtl-override-prod', 'source-problem']);
  await tunnels('lint-tags', '--source', 'file');
});

describe('connected by title, context name and id', () => {
  beforeAll(async () => {
    const words = [
      ['--', names.clipboard],
      ['--', names.bare],
      ['--', '--help'],
      [shown('escape').context],
      [shown('turned').id],
      [shown('alike').context],
      ['--', names.spaced],
    ];
    for (const word of words) {
      const { code, stderr } = await tunnels('connect', '--add', ...word);
      expect([code, stderr]).toEqual([0, expect.any(String)]);
    }
  });

  test('they stand in the kubeconfig by their context names alone, and kubectl uses them', async () => {
    const file = await readFile(path.join(world.home, '.kube', 'config'), 'utf8');
    const { contexts, clusters, users } = parse(file) as Record<string, readonly { readonly name: string }[]>;
    const wanted = Object.keys(names).map((name) => shown(name as keyof typeof names).context);
    for (const list of [contexts, clusters, users]) {
      const found = (list ?? []).map(({ name }) => name);
      expect(found).toEqual(expect.arrayContaining(wanted));
      for (const name of found) expect(name).toMatch(contextName);
    }
    expect(file).not.toMatch(unseen);
    expect(file).not.toMatch(escaped);
    if (commandLine.kubectl === undefined) return;
    for (const context of wanted) {
      const { code, stderr } = await commandLine.run('kubectl', ['--context', context, 'get', 'namespaces']);
      expect([code, stderr]).toEqual([0, '']);
    }
  });

  test('the window’s Copy, pasted into a shell, runs kubectl and nothing else', async (context) => {
    const executable = await findChromium();
    if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
    const window = await openBrowserWindow({ commandLine, executable });
    try {
      const { page } = window;
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'clipboard', {
          value: {
            writeText: async (copied: string) => {
              document.documentElement.dataset.copied = copied;
            },
          },
        });
      });
      await page.getByText('evil-rtl-override-prod', { exact: true }).first().waitFor();
      await page.getByText(`${controlsText.mixedScripts.badge}: р, а are Cyrillic`).first().waitFor();
      expect(await page.evaluate(() => document.body.innerText)).not.toMatch(unseen);
      await page.getByRole('button', { name: names.clipboard, exact: true }).first().click();
      await page.getByRole('button', { name: detailText.copyCommand, exact: true }).click();
      await page.locator('html[data-copied]').waitFor();
      const copied = await page.evaluate(() => document.documentElement.dataset.copied ?? '');
      expect(await pasted(copied)).toEqual([
        'kubectl',
        '--context',
        shown('clipboard').context,
        'get',
        'namespaces',
      ]);
      expect(await page.evaluate(() => document.body.innerText)).not.toMatch(unseen);
    } finally {
      await window.close();
    }
  });

  test('nothing that was printed, logged or kept holds a control or direction character', async () => {
    for (const args of [
      ['status'],
      ['status', '--json'],
      ['activity'],
      ['activity', '--json'],
      ['discover'],
      ['tags', '--', names.clipboard],
      ['tags', shown('turned').context, '--json'],
    ])
      await tunnels(...args);
    expect(printed).toContain('раyments-prod-eu');
    expect(printed).not.toMatch(unseen);
    expect(printed).not.toMatch(escaped);
    const { state } = pathsFrom(world.env);
    const log = await readFile(path.join(state, 'agent.log'), 'utf8');
    expect(log).not.toMatch(unseen);
    const catalog = path.join(state, 'catalog');
    for (const file of (await readdir(catalog)).filter((name) => name.startsWith('file-')))
      for (const { title, name } of JSON.parse(
        (await readFile(path.join(catalog, file), 'utf8')).split('\n')[0] ?? '',
      ).data.clusters)
        expect(title + name).not.toMatch(unseen);
  });
});

test.each(['clipboard', 'bare'] as const)(
  'the command in a hint, pasted into a shell, runs that program with that word: %s',
  async (name) => {
    await tunnels('forget', '--', names[name]);
    const { code, stdout } = await tunnels('switch', '--json', '--', names[name]);
    expect(code).not.toBe(0);
    const { hint } = (JSON.parse(stdout) as { readonly error: { readonly hint: string } }).error;
    const [, command = ''] = /(k8s-tunnels .*)$/.exec(hint) ?? [];
    expect(await pasted(command)).toEqual(['k8s-tunnels', 'connect', shown(name).context]);
  },
);

/** The program and the arguments that a shell runs of a line; rejects where it runs anything else. */
async function pasted(line: string): Promise<readonly string[]> {
  const bin = path.join(world.home, 'recorders');
  await mkdir(bin, { recursive: true });
  for (const program of ['kubectl', 'k8s-tunnels'])
    await writeFile(path.join(bin, program), `#!/bin/sh\nprintf '%s\\n' ${program} "$@"\n`, { mode: 0o755 });
  const { stdout } = await run('/bin/sh', ['-c', line], {
    env: { PATH: `${bin}:/usr/bin:/bin` },
    cwd: world.home,
  });
  await expect(access(marker)).rejects.toMatchObject({ code: 'ENOENT' });
  return stdout.trimEnd().split('\n');
}
