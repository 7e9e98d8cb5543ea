import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { organisationSchema } from '../main/model/organisation.ts';

const root = path.resolve(import.meta.dirname, '..');
export const schemaFile = path.join(root, 'resources/organisation.schema.json');

/** Generates the published JSON Schema of an organisation's configuration. Uses draft 7, which editors support best. */
export function organisationJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(organisationSchema, { target: 'draft-7', io: 'input' });
  return { title: 'Configuration of k8s-tunnels for an organisation', ...schema };
}

if (import.meta.main) {
  await writeFile(schemaFile, JSON.stringify(organisationJsonSchema(), null, 2));
  execFileSync(path.join(root, 'node_modules/.bin/biome'), ['check', '--write', schemaFile]);
  console.log(`wrote ${path.relative(process.cwd(), schemaFile)}`);
}
