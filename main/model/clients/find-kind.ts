import type { ClientForm, ClientKind, ClientPackage, Served } from './client-kind.ts';
import { clientForms, clientLimits } from './client-kind.ts';
import { clientKinds } from './table.ts';

/** A client as it was found. */
export interface SeenClient extends Pick<ClientPackage, 'registry' | 'name'> {
  /** Undefined where nothing says it. */
  readonly version?: string | undefined;
}

/** Returns true if some row of the table is about this package or program, of any version. */
export function isClient({ registry, name }: SeenClient): boolean {
  return rowsOf({ registry, name }).length > 0;
}

/**
 * Returns the row of the table for a client: the one of its version, or the newest where the version is unknown. Undefined
 * for a version that was not tested.
 */
export function findKind(seen: SeenClient): ClientKind | undefined {
  const rows = rowsOf(seen);
  const { version } = seen;
  if (version === undefined)
    return rows.toSorted((a, b) => compareNumbers(b.from ?? '0', a.from ?? '0'))[0]?.kind;
  return rows.find(
    ({ from, kind: { before } }) =>
      (from === undefined || compareNumbers(version, from) >= 0) &&
      (before === undefined || compareNumbers(version, before) < 0),
  )?.kind;
}

function rowsOf({ registry, name }: SeenClient) {
  return clientKinds.flatMap((kind) =>
    kind.packages
      .filter((one) => one.registry === registry && one.name === name)
      .map((one) => ({ kind, from: one.from ?? kind.from })),
  );
}

/** Compares the numbers at the beginning of two versions: `v1.34.1-eks` follows `1.24`, and `1.24` equals `1.24.0`. */
export function compareNumbers(a: string, b: string): number {
  const [one, other] = [numbersOf(a), numbersOf(b)];
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): readonly number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
}

/** Returns the first form that serves a client whole: SOCKS5, which needs nothing else, before the others. */
export function neededForm(kind: ClientKind): ClientForm {
  return clientForms.find((form) => kind.forms[form].status === 'all') ?? 'tls';
}

/** Returns why a form does not serve a client, in words that follow its name. Undefined if it does. */
export function limitText(served: Served): string | undefined {
  if (served.status === 'all') return undefined;
  const because = served.because.map((limit) => clientLimits[limit]).join(', or ');
  return served.status === 'none' ? because : `${because} (${served.without.join(', ')})`;
}
