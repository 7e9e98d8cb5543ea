import { linkOf } from '../../main/api/link.ts';
import { toPlainError } from '../../main/model/app-error.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import { linksText } from './text.ts';

/** Copies a link to a set. Resolves to the message to show; rejects if the clipboard cannot be written. */
export async function copyLink({ name, clusters }: ClusterSet): Promise<string> {
  let link: string;
  try {
    link = linkOf(clusters);
  } catch (error) {
    return toPlainError(error).message;
  }
  await navigator.clipboard.writeText(link);
  return linksText.copied(name);
}
