import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { root } from '../docs/blocks.ts';
import { missing, skipWithout, toolPath } from './peers.ts';

beforeEach((context) => skipWithout(context, missing('promtool')));

test('Prometheus takes the alerts of the origin, and they fire when they should', async () => {
  const text = await readFile(path.join(root, 'resources/examples/origin/monitoring.yaml'), 'utf8');
  const rule = parseAllDocuments(text)
    .map((document) => document.toJS())
    .find(({ kind }) => kind === 'PrometheusRule');
  const folder = await mkdtemp(path.join(tmpdir(), 'alerts-'));
  try {
    await writeFile(path.join(folder, 'rules.yaml'), stringify(rule.spec));
    await copyFile(path.join(import.meta.dirname, 'origin-alerts.yaml'), path.join(folder, 'tests.yaml'));
    const promtool = (...args: string[]) => execa(toolPath('promtool'), args, { cwd: folder, all: true });
    expect((await promtool('check', 'rules', '--lint-fatal', 'rules.yaml')).all).toContain('6 rules found');
    expect((await promtool('test', 'rules', 'tests.yaml')).all).toContain('SUCCESS');
  } finally {
    await rm(folder, { recursive: true });
  }
});
