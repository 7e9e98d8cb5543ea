import type { Snapshot } from '../model/agent-view.ts';
import { span } from './span.ts';
import { paint, printable } from './terminal.ts';

/** Returns the lines about the organisation's catalog; none without one. */
export function publishedCatalogLines(
  { publishedCatalog, organisation }: Pick<Snapshot, 'publishedCatalog' | 'organisation'>,
  now: number,
): readonly string[] {
  if (publishedCatalog === undefined) return [];
  const { accepted, error } = publishedCatalog;
  const name = `Catalog of ${organisation?.name ?? 'the organisation'}`;
  return [
    ...(accepted === undefined
      ? [printable(`${name}: none yet`)]
      : [
          printable(
            `${name}: revision ${accepted.revision}, published ${span(now - accepted.publishedAt)} ago`,
          ) + (now < accepted.staleAt ? '' : ` ${paint('yellow', 'no longer fresh')}`),
        ]),
    ...(error === undefined
      ? []
      : [`${paint('yellow', '!')} ${printable(`${error.message} ${error.hint ?? ''}`.trim())}`]),
  ];
}
