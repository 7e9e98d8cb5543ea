import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from './blocks.ts';

const folder = path.join(root, '.github');
const forms = (await readdir(path.join(folder, 'ISSUE_TEMPLATE'))).filter((name) => name !== 'config.yml');

/** Of GitHub's issue forms what we use (docs.github.com, "Syntax for GitHub's form schema"). */
const validations = z.strictObject({ required: z.boolean() }).optional();
const label = { label: z.string(), description: z.string().optional() };
const id = z.string().regex(/^[a-z-]+$/);
const text = z.strictObject({
  ...label,
  placeholder: z.string().optional(),
  render: z.string().optional(),
});
const options = z.array(z.string()).min(2);
const field = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: z.string() }) }),
  z.strictObject({ type: z.literal('textarea'), id, attributes: text, validations }),
  z.strictObject({ type: z.literal('input'), id, attributes: text, validations }),
  z.strictObject({
    type: z.literal('dropdown'),
    id,
    attributes: z.strictObject({ ...label, options, multiple: z.boolean().optional() }),
    validations,
  }),
  z.strictObject({
    type: z.literal('checkboxes'),
    id,
    attributes: z.strictObject({
      ...label,
      options: z.array(z.strictObject({ label: z.string(), required: z.boolean() })),
    }),
  }),
]);
const form = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()).min(1),
  body: z.array(field).min(2),
});

it.each(forms)('the issue form %s is one that GitHub takes', async (name) => {
  const content = parse(await readFile(path.join(folder, 'ISSUE_TEMPLATE', name), 'utf8'));
  const { body } = form.parse(content);
  const ids = body.flatMap((one) => ('id' in one ? [one.id] : []));
  expect(new Set(ids).size).toBe(ids.length);
});

it('CODEOWNERS names folders and files that are there, and a team for each', async () => {
  const lines = (await readFile(path.join(folder, 'CODEOWNERS'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const missing = await Promise.all(
    lines
      .filter(([pattern]) => pattern !== '*')
      .map(async ([pattern = '']) =>
        access(path.join(root, pattern)).then(
          () => [],
          () => [pattern],
        ),
      ),
  );
  expect(missing.flat()).toEqual([]);
  const owners = lines.flatMap(([, ...teams]) => (teams.length === 0 ? ['none'] : teams));
  expect(owners.filter((owner) => !/^@k8s-tunnels\/[a-z]+$/.test(owner))).toEqual([]);
  expect(lines[0]?.[0], 'the first line is for everything else').toBe('*');
});
