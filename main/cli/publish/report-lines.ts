import type { Cell, ClusterId } from '../../model/cluster.ts';
import { byteSize, plural } from '../../model/wording.ts';
import { cellName } from '../cluster-view.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import type { Change } from './plan.ts';

/** What `publish` prints with `--json`. */
export interface PublishReport {
  readonly dryRun: boolean;
  readonly published: boolean;
  readonly revision?: number;
  /** The key that has signed it, base64. */
  readonly publicKey?: string;
  /** The published clusters. */
  readonly clusters: number;
  readonly changes: readonly Change[];
  /** Clusters that are published to no one. */
  readonly noGroups: readonly { readonly cluster: ClusterId; readonly title: string }[];
  /** The number of clusters of cluster files, which are not published. */
  readonly files: number;
  /** Locations that could not be read. */
  readonly failed: readonly Cell[];
  /** Published clusters in locations that were not read. */
  readonly unread: readonly ClusterId[];
  /** The number of them that stay published. */
  readonly kept: number;
  readonly bundles?: number;
  readonly sent?: number;
  readonly bytes?: number;
}

const marks = { added: '+', changed: '~', removed: '-' } as const;
const colours = { added: 'green', changed: 'yellow', removed: 'red' } as const;

/** Returns a line for each change, with those who get the cluster. */
export function reportLines({ changes }: Pick<PublishReport, 'changes'>): readonly string[] {
  return table(
    changes.map(({ kind, cluster, audience, before, fields = [] }) => [
      paint(colours[kind], marks[kind]),
      printable(cluster),
      `for ${forWhom(audience)}${before === undefined ? '' : ` (before: ${forWhom(before)})`}`,
      paint('dim', printable(fields.join(', '))),
    ]),
  );
}

/** Returns what else there is to say, on stderr. */
export function reportAside(report: PublishReport, isRefused: boolean): readonly string[] {
  const { noGroups, files, failed, unread, kept, dryRun } = report;
  const mark = paint('yellow', '!', process.stderr);
  const shown = noGroups.slice(0, 5).map(({ title }) => printable(title));
  const more = noGroups.length - shown.length;
  const lost = plural(unread.length, {
    one: '# published cluster is',
    other: '# published clusters are',
  });
  return [
    ...(noGroups.length === 0
      ? []
      : [
          `${mark} Published to no one, without a valid tag groups: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Set the tag, or give --untagged.`,
        ]),
    ...(files === 0
      ? []
      : [
          `${mark} ${plural(files, { one: '# cluster of a cluster file is', other: '# clusters of cluster files are' })} not published.`,
        ]),
    ...failed.map(
      (cell) =>
        `${mark} Could not be read: ${cellName(cell)}: ${printable(cell.error?.message ?? 'unknown error')}`,
    ),
    ...(unread.length === 0
      ? []
      : [`${mark} ${lost} in locations that were not read: ${unread.slice(0, 5).map(printable).join(', ')}`]),
    ...(isRefused
      ? [
          `${paint('red', '✗', process.stderr)} ${dryRun ? 'It would be refused' : 'Nothing was published'}: locations could not be read. Sign in to them, or give --allow-unread (their published clusters stay) or --remove-unread.`,
        ]
      : [summary(report, kept)]),
  ];
}

function summary(
  { dryRun, revision, clusters, changes, bundles = 0, sent = 0, bytes = 0 }: PublishReport,
  kept: number,
) {
  const count = plural(clusters, { one: '# cluster', other: '# clusters' });
  const changed = plural(changes.length, { one: '# change', other: '# changes' });
  const stay = kept === 0 ? '' : `, ${kept} of them not read`;
  if (dryRun) return `Would publish ${count} (${changed}${stay}). Nothing was sent.`;
  const parts = plural(bundles, { one: '# bundle', other: '# bundles' });
  return `Published revision ${revision}: ${count} (${changed}${stay}) in ${parts}, ${sent} sent (${byteSize(bytes)}).`;
}

function forWhom(audience: readonly string[]): string {
  return printable(audience.map((one) => (one === '*' ? 'everyone' : one)).join(', '));
}
