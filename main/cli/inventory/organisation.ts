import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { managedFile, readManagedFile } from '../../agent/organisation/managed-file.ts';
import { parseOrganisation } from '../../agent/organisation/parse.ts';
import { originSchema, placeOf } from '../../agent/organisation/source.ts';
import type { Environment } from '../../agent/parts.ts';
import { errnoOf, toPlainError } from '../../model/app-error.ts';
import type { Inventory } from './document.ts';

/**
 * Reads the organisation's configuration from this computer, as the next agent would: the managed file, else what the user
 * has set up in the settings folder `config`. Never rejects.
 */
export async function organisationAtRest(
  env: Environment,
  config: string,
): Promise<Inventory['organisation']> {
  try {
    const managed = managedFile(env);
    const text = await readManagedFile(managed);
    if (text !== undefined) return { ...named(text, managed.file), managed: true };
    const own = await readFile(path.join(config, 'organisation.json'), 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (own === undefined) return null;
    const { data } = JSON.parse(own) as {
      readonly data: { readonly text: string; readonly origin: unknown };
    };
    return { ...named(data.text, placeOf(originSchema.parse(data.origin))), managed: false };
  } catch (error) {
    return { error: toPlainError(error) };
  }
}

function named(text: string, from: string) {
  const { name, revision = null } = parseOrganisation(text, from);
  return { name, revision, from };
}
