import type { Input } from '../../api/contract.ts';
import { AppError } from '../../model/app-error.ts';
import type { ComparedColumn, Comparison } from '../../model/comparison.ts';
import { comparisonMarkdown } from '../../model/comparison-markdown.ts';
import { comparisonSummary } from '../../model/comparison-summary.ts';
import { onlyDifferent } from '../../model/only-different.ts';
import { type WorkloadKind, workloadKindOf, workloadKinds } from '../../model/workload-kinds.ts';
import { comparisonText } from '../comparison-text.ts';
import { withConfirmation } from '../confirm-production.ts';
import { followConnecting } from '../connect-progress.ts';
import { exitCodeOfAll } from '../exit-code-of-all.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable, warningLine } from '../terminal.ts';
import { withMissingSignIns } from '../unknown-cluster.ts';

export interface CompareFlags {
  /** `NAMESPACE` for all clusters, or `CLUSTER=NAMESPACE` for one. */
  readonly namespace: readonly string[];
  readonly different?: true;
  readonly exitCode?: true;
  readonly production?: true;
  readonly output?: string;
}

/** Compares clusters, and prints what they have side by side. */
export async function runCompare(
  session: Session,
  words: readonly string[],
  flags: CompareFlags,
): Promise<number> {
  const { client, json, progress, signal } = session;
  const { names, kind } = kindOf(words);
  const clusters = inNamespaces(names, flags.namespace);
  const { result } = await withMissingSignIns(session, names, () =>
    withConfirmation({
      session,
      confirmed: flags.production,
      about: 'terminal',
      act: async (confirmed) => {
        const following = await followConnecting(session, names);
        try {
          const input = { clusters, ...(kind === undefined ? {} : { kind }), ...confirmed };
          return await client.call('compare', input, { signal });
        } finally {
          following.end();
        }
      },
    }),
  );
  progress.end();
  const shown = flags.different ? onlyDifferent(result) : result;
  if (json) writeJson(shown);
  else if (flags.output === 'markdown') writeLines([comparisonMarkdown(shown)]);
  else {
    const { columns = Number.POSITIVE_INFINITY, isTTY } = process.stdout;
    writeLines([
      ...comparisonText(shown, isTTY ? columns : Number.POSITIVE_INFINITY),
      comparisonSummary(result),
    ]);
  }
  if (!json) writeAside(result.clusters.flatMap(columnLines));
  return exitCodeOf(result, flags);
}

/** Splits a kind of workload off, which may follow the clusters. */
function kindOf(words: readonly string[]): {
  readonly names: readonly string[];
  readonly kind: WorkloadKind | undefined;
} {
  const kind = words.length > 2 ? workloadKindOf(words.at(-1) ?? '') : undefined;
  const names = kind === undefined ? words : words.slice(0, -1);
  if (names.length >= 2) return { names, kind };
  throw new AppError('bad-input', 'A comparison needs two clusters or more.', {
    hint: 'Run `k8s-tunnels compare CLUSTER CLUSTER`.',
  });
}

function inNamespaces(names: readonly string[], given: readonly string[]): Input<'compare'>['clusters'] {
  const own = new Map<string, string>();
  let all: string | undefined;
  for (const one of given) {
    // A namespace has no `=`, and a cluster may have one.
    const at = one.lastIndexOf('=');
    const name = one.slice(0, Math.max(0, at));
    if (at < 0) all = one;
    else if (names.includes(name)) own.set(name, one.slice(at + 1));
    else
      throw new AppError('bad-input', `--namespace ${one} names ${name}, which is not compared.`, {
        hint: `Write it as CLUSTER=NAMESPACE, where CLUSTER is ${names[0]} or another one as you gave it.`,
      });
  }
  return names.map((cluster) => {
    const namespace = own.get(cluster) ?? all;
    return namespace === undefined ? { cluster } : { cluster, namespace };
  });
}

/** Says what could not be read of a cluster, and why. */
function columnLines({ title, error, gaps }: ComparedColumn): readonly string[] {
  const hinted = (hint: string | undefined) => (hint === undefined ? [] : [`  ${printable(hint)}`]);
  if (error !== undefined)
    return [
      `${paint('red', '✗', process.stderr)} ${printable(title)}  could not be read: ${printable(error.message)}`,
      ...hinted(error.hint),
    ];
  return gaps.flatMap(({ of, error: why }) => [
    warningLine(`${title}  ${of} could not be read: ${why.message}`),
    ...hinted(why.hint),
  ]);
}

/** Many users may not list nodes: that alone is no failure. */
function exitCodeOf({ clusters, differences }: Comparison, { exitCode }: CompareFlags): number {
  const errors = clusters.map(({ error }) => error?.code);
  if (errors.every((code) => code !== undefined)) return exitCodeOfAll(errors);
  const parts: readonly string[] = ['namespace', 'pods', ...workloadKinds];
  const isPartial = clusters.some(
    ({ error, gaps }) => error !== undefined || gaps.some(({ of }) => parts.includes(of)),
  );
  if (isPartial) return exitCodes.partial;
  return exitCode && differences > 0 ? exitCodes.failed : exitCodes.ok;
}
