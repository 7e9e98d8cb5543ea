import type { Organisation } from '../../model/organisation.ts';
import { changesToAgreeTo, type FieldChange } from './fields.ts';
import type { Stored } from './own-setup.ts';
import { parseOrganisation } from './parse.ts';
import { placeOf } from './source.ts';

/**
 * Returns the fields that the newer configuration changes and that need consent; undefined if there is no newer one.
 */
export function pendingFields({ pending, origin }: Stored, accepted: Organisation): string[] | undefined {
  if (pending === undefined) return undefined;
  try {
    const next = parseOrganisation(pending.text, placeOf(origin));
    return changesToAgreeTo(next, accepted).map(({ field }) => field);
  } catch {
    // Another version of this program stored it: the next refresh reads it again.
    return undefined;
  }
}

/** Returns the notice for pending changes. */
export function pendingNotice(name: string | undefined, changes: readonly FieldChange[]): string {
  const fields = changes.map(({ field }) => field);
  const named = fields.slice(0, 5).join(', ');
  const more = fields.length > 5 ? ` and ${fields.length - 5} more` : '';
  return `A new configuration of ${name ?? 'your organisation'} waits for your review: it changes ${named}${more}. The accepted configuration stays in effect until then. Review the new one in the settings, or run: k8s-tunnels setup --review`;
}
