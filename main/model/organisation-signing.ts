import { z } from 'zod';
import { ed25519Key } from './organisation-fields.ts';

/** The keys of an organisation's configuration. */
export const signingSchema = z
  .strictObject({
    publicKeys: z
      .array(ed25519Key)
      .min(1)
      .max(8)
      .describe(
        'The ed25519 keys that may sign the next version, each 32 bytes in base64. Two while a key is rotated.',
      ),
  })
  .describe(
    'The keys of this file, in place of the ones that are pinned. They count only in a file that a pinned key has signed, and need a revision.',
  );

/** Without a revision, an older file with a key that was replaced since could be brought back. */
export function hasRevisionIfSigning(organisation: {
  readonly signing?: unknown;
  readonly revision?: number | undefined;
}): boolean {
  return organisation.signing === undefined || organisation.revision !== undefined;
}

/** The issue of a configuration that has no revision and needs one. */
export const noRevision = { path: ['revision'], error: 'is missing: a file with signing needs one' };
