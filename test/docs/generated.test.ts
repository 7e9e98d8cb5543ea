import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { jsonOutputFile, jsonOutputSchema } from '../../scripts/json-output.ts';
import { manFile, manPage } from '../../scripts/man-page.ts';
import { reference, referenceFile } from '../../scripts/reference.ts';

test('the manual page is that of the command line: node scripts/man-page.ts', async () => {
  expect(await readFile(manFile, 'utf8')).toBe(manPage());
});

test('the schema of --json is that of the contract: node scripts/json-output.ts', async () => {
  expect(JSON.parse(await readFile(jsonOutputFile, 'utf8'))).toEqual(jsonOutputSchema());
});

test('the reference is that of the schemas: node scripts/reference.ts', async () => {
  expect(await readFile(referenceFile, 'utf8')).toBe(reference());
});
