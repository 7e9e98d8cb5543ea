import type {
  ComparedCell,
  ComparedColumn,
  ComparedField,
  ComparedRow,
  ComparedWorkload,
  Comparison,
  Gap,
} from '../../model/comparison.ts';
import { comparedFields } from '../../model/comparison.ts';
import { type WorkloadKind, workloadKinds } from '../../model/workload-kinds.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { Fact, WorkloadFacts } from './facts.ts';

/** A cluster of the comparison: what is known of it, or why nothing is. */
export interface Column {
  readonly about: Omit<ComparedColumn, 'error' | 'gaps'>;
  readonly read: { readonly facts: ClusterFacts } | { readonly error: NonNullable<ComparedColumn['error']> };
}

/** The most characters of workloads in a comparison: a shell takes no message without an end. */
const charactersAtMost = 16 * 1024 * 1024;
/** How many characters a value needs besides its text. */
const cellCharacters = 40;

/** A value before it is compared. */
type Value = Pick<Fact, 'text' | 'key'> | 'none' | 'unknown';

/** Puts what is known of several clusters side by side, by name, and marks what differs. Pure. */
export function align(columns: readonly Column[]): Comparison {
  const cluster = rowsOf(
    columns.map(({ read }) => ('facts' in read ? read.facts.facts : 'unknown')),
    (at, field) => isGap(columns[at], field === 'version' ? ['version'] : ['nodes']),
  );
  const all = allWorkloads(columns);
  const workloads = [...withinLimit(all, (one) => workloadRow(columns, one))];
  const rows = [...cluster, ...workloads.flatMap((one) => one.rows)];
  const missing = workloads.filter(({ exists }) => exists.some(({ differs }) => differs));
  return {
    clusters: columns.map(({ about, read }) => ({
      ...about,
      ...('error' in read ? { error: read.error, gaps: [] } : { gaps: [...read.facts.gaps] }),
    })),
    cluster,
    workloads,
    differences: rows.filter(({ differs }) => differs).length + missing.length,
    ...(all.length > workloads.length ? { leftOut: all.length - workloads.length } : {}),
  };
}

function withinLimit(
  all: readonly Named[],
  make: (one: Named) => ComparedWorkload,
): readonly ComparedWorkload[] {
  const made: ComparedWorkload[] = [];
  let left = charactersAtMost;
  for (const one of all) {
    const workload = make(one);
    const cells = [...workload.exists, ...workload.rows.flatMap((row) => row.cells)];
    left -= cells.reduce((sum, { text = '' }) => sum + text.length + cellCharacters, 0);
    if (left < 0) break;
    made.push(workload);
  }
  return made;
}

function isGap(column: Column | undefined, parts: readonly Gap['of'][]): boolean {
  if (column === undefined || 'error' in column.read) return true;
  return column.read.facts.gaps.some(({ of }) => parts.includes(of));
}

interface Named {
  readonly kind: WorkloadKind;
  readonly name: string;
  /** One for each cluster. Undefined where it does not exist, or is not known. */
  readonly found: readonly (WorkloadFacts | undefined)[];
}

/** Returns the workloads of all clusters, in the order in which they are shown. */
function allWorkloads(columns: readonly Column[]): readonly Named[] {
  const byName = columns.map(
    ({ read }) =>
      new Map(('facts' in read ? read.facts.workloads : []).map((one) => [`${one.kind}/${one.name}`, one])),
  );
  const all = new Map(byName.flatMap((one) => [...one]));
  return [...all]
    .map(([key, { kind, name }]) => ({ kind, name, found: byName.map((one) => one.get(key)) }))
    .toSorted(
      (a, b) =>
        workloadKinds.indexOf(a.kind) - workloadKinds.indexOf(b.kind) ||
        (a.name < b.name ? -1 : Number(a.name > b.name)),
    );
}

function workloadRow(columns: readonly Column[], { kind, name, found }: Named): ComparedWorkload {
  const isUnknown = columns.map((column) => isGap(column, [kind, 'namespace']));
  const exists = compared(
    found.map((one, at) => {
      if (isUnknown[at]) return 'unknown';
      return one === undefined ? 'none' : { text: 'yes', key: 'yes' };
    }),
  );
  const rows = rowsOf(
    found.map((one, at) => (isUnknown[at] ? 'unknown' : (one?.facts ?? 'missing'))),
    (at, field) => field === 'restarts' && isGap(columns[at], ['pods']),
  );
  return { kind, name, exists, rows, differs: [...exists, ...rows].some(({ differs }) => differs) };
}

/**
 * Returns a row for each value that any cluster has. A cluster that is unknown, or whose workload is missing, takes no part:
 * the workload itself is the difference then.
 */
function rowsOf(
  columns: readonly (readonly Fact[] | 'unknown' | 'missing')[],
  isUnknown: (column: number, field: ComparedField) => boolean,
): ComparedRow[] {
  const facts = columns.map(
    (one) => new Map((typeof one === 'string' ? [] : one).map((fact) => [rowKey(fact), fact])),
  );
  const all = [...new Map(facts.flatMap((one) => [...one])).values()];
  const containers = [...new Set(all.flatMap(({ container }) => container ?? []))];
  return all
    .map(({ field, container }) => {
      const values = facts.map((one, at): Value | 'missing' => {
        if (columns[at] === 'missing') return 'missing';
        if (columns[at] === 'unknown' || isUnknown(at, field)) return 'unknown';
        return one.get(rowKey({ field, container })) ?? 'none';
      });
      const cells = compared(values);
      return {
        field,
        ...(container === undefined ? {} : { container }),
        cells,
        differs: cells.some(({ differs }) => differs),
      };
    })
    .toSorted(
      (a, b) =>
        containers.indexOf(a.container ?? '') - containers.indexOf(b.container ?? '') ||
        comparedFields.indexOf(a.field) - comparedFields.indexOf(b.field),
    );
}

function rowKey({
  field,
  container = '',
}: {
  readonly field: ComparedField;
  readonly container?: string | undefined;
}) {
  return `${field} ${container}`;
}

/** Compares each value with the first that is known. */
function compared(values: readonly (Value | 'missing')[]): ComparedCell[] {
  const keyOf = (value: Value | 'missing') => (typeof value === 'string' ? undefined : value.key);
  const known = values.filter((value) => value !== 'unknown' && value !== 'missing');
  const first = known.length === 0 ? undefined : keyOf(known[0] ?? 'none');
  return values.map((value) => {
    if (value === 'unknown') return { unknown: true };
    if (value === 'missing') return {};
    const text = value === 'none' ? {} : { text: value.text };
    return keyOf(value) === first ? text : { ...text, differs: true };
  });
}
