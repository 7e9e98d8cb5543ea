import { execFile } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { countImports } from '../scripts/measure/imports.ts';
import { reportTime } from '../scripts/measure/report-time.ts';
import { fileSizes, functionSizes } from '../scripts/measure/sizes.ts';
import { root } from '../scripts/measure/sources.ts';
import { compileCache } from './world/compile-cache.ts';

it('counts imports of types, dynamic ones and re-exports, and those that cross folders', () => {
  const sources = [
    {
      file: 'main/agent/a/one.ts',
      text: [
        "import type { B } from './two.ts';",
        "import { readFile } from 'node:fs/promises';",
        "const later = () => import('../b/three.ts');",
        "export { c } from '../../cli/four.ts';",
        "// import { d } from '../b/five.ts';",
      ].join('\n'),
    },
    { file: 'main/agent/providers/aws/x.ts', text: "import { y } from '../gcp/y.ts';" },
    { file: 'main/agent/top.ts', text: "import { one } from './a/one.ts';" },
  ];
  expect(countImports(sources, 'main/agent')).toEqual({
    part: 'main/agent',
    files: 3,
    all: 4,
    crossing: 3,
    cyclic: 0,
  });
  expect(countImports(sources, 'main')).toEqual({
    part: 'main',
    files: 3,
    all: 5,
    crossing: 1,
    cyclic: 0,
  });
});

it('counts imports that go round in a circle of folders', () => {
  const imports = (file: string, ...targets: readonly string[]) => ({
    file: `renderer/${file}.ts`,
    text: targets.map((target) => `import '../${target}.ts';`).join('\n'),
  });
  const sources = [
    imports('a/1', 'b/1', 'd/1'),
    imports('b/1', 'c/1'),
    imports('c/1', 'a/2'),
    imports('d/1'),
  ];
  expect(countImports(sources, 'renderer')).toMatchObject({ crossing: 4, cyclic: 3 });
});

it('counts lines as wc does, and a function with those inside it', () => {
  const text = [
    'export function outer() {',
    '  const inner = () => {',
    '    return 1;',
    '  };',
    '}',
    '',
  ].join('\n');
  const sources = [{ file: 'a.ts', text }];
  expect(fileSizes(sources)).toEqual([{ name: 'a.ts', lines: 5 }]);
  expect(functionSizes(sources)).toEqual([
    { name: 'a.ts:1 outer', lines: 5 },
    { name: 'a.ts:2', lines: 3 },
  ]);
});

it('reads how long tests took, and refuses what is no report', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'measure-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'report.json');
  const result = (name: string, startTime: number, endTime: number) => ({ name, startTime, endTime });
  const testResults = [result('a.test.ts', 1_000, 3_000), result('b.test.ts', 1_000, 9_500)];
  await writeFile(file, JSON.stringify({ startTime: 500, numTotalTests: 7, testResults }));
  expect(await reportTime(file)).toEqual([
    '7 tests in 2 files: 9.0 s from start to end, 10.5 s of files',
    '8.5 s  b.test.ts',
    '2.0 s  a.test.ts',
  ]);
  await writeFile(file, '{}');
  await expect(reportTime(file)).rejects.toThrow('is not a report');
});

it.each([
  ['scripts/measure/index.ts', ['--help'], 0, '--tighten'],
  ['scripts/measure/index.ts', ['--nothing'], 2, '--tighten'],
  ['test/world/index.ts', ['--help'], 0, '--latency'],
  ['test/world/index.ts', ['--nothing'], 2, '--latency'],
  ['test/world/index.ts', ['--clusters', 'many'], 2, 'takes a number'],
  ['test/bench/index.ts', ['--help'], 0, 'connectors'],
  ['test/bench/index.ts', ['--nothing'], 2, 'connectors'],
  ['test/bench/index.ts', ['nothing'], 2, 'connectors'],
])('%s %j exits with %d and says how it is called', async (script, args, code, text) => {
  const run = promisify(execFile)(process.execPath, [path.join(root, script), ...args]);
  const { stdout, stderr, ...rest } = await run.catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect('code' in rest ? rest.code : 0).toBe(code);
  expect(code === 0 ? stdout : stderr).toContain(text);
});

it('lists the files of a click from the page to the kubeconfig, each of which is there', async () => {
  const script = path.join(root, 'scripts/measure/index.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--click'], {
    // What is of the person who runs the tests is not asked.
    env: { ...compileCache, PATH: process.env.PATH, HOME: tmpdir() },
  });
  const [, list = ''] = stdout.split(/^Files that a click passes: .*$/m);
  const files = list
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect(files).toEqual(
    expect.arrayContaining([
      'renderer/agent/tunnel-actions.ts',
      'main/api/conversation.ts',
      'main/api/handlers.ts',
      'main/agent/connections/production-guard.ts',
      'main/agent/tunnels/next-state.ts',
      'main/agent/kubeconfig/write.ts',
    ]),
  );
  await Promise.all(files.map((file) => access(path.join(root, file))));
}, 120_000);
