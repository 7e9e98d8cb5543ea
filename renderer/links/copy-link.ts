import { linkOf } from '../../main/api/link.ts';
import { toPlainError } from '../../main/model/app-error.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import { linksText } from './text.ts';

/**
 * Copies a link to clusters, under a name for the message: one that opens them, unless `make` makes another. Resolves to
 * the message to show; rejects if the clipboard cannot be written.
 */
export async function copyLink(
  set: ClusterSet,
  make: (set: ClusterSet) => string = ({ clusters }) => linkOf(clusters),
): Promise<string> {
  let link: string;
  try {
    link = make(set);
  } catch (error) {
    return toPlainError(error).message;
  }
  await navigator.clipboard.writeText(link);
  return linksText.copied(set.name);
}
