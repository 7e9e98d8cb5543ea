import { managedFile, readManagedFile } from '../../agent/organisation/managed-file.ts';
import { peekOwnSetup } from '../../agent/organisation/own-setup.ts';
import { parseOrganisation } from '../../agent/organisation/parse.ts';
import { placeOf } from '../../agent/organisation/source.ts';
import type { Environment } from '../../agent/parts.ts';
import type { Organisation } from '../../model/organisation.ts';

/** The configuration of this computer that another one is compared with. */
export interface Current {
  readonly organisation: Organisation;
  readonly place: string;
}

/**
 * Reads the managed configuration, else the user's own, without an agent; changes nothing. Resolves with undefined if
 * there is none, or none that this version can read.
 */
export async function readCurrent(env: Environment, config: string): Promise<Current | undefined> {
  const place = managedFile(env);
  const managed = await readManagedFile(place).catch(() => undefined);
  const own = managed === undefined ? await peekOwnSetup(config) : undefined;
  const found =
    managed !== undefined
      ? { text: managed, place: place.file }
      : own === undefined
        ? undefined
        : { text: own.text, place: placeOf(own.origin) };
  if (found === undefined) return undefined;
  try {
    return { organisation: parseOrganisation(found.text, found.place), place: found.place };
  } catch {
    return undefined;
  }
}
