import { z } from 'zod';
import { align, type Column } from '../../agent/compare/align.ts';
import { readFacts } from '../../agent/compare/cluster-facts.ts';
import { AppError, toPlainError } from '../../model/app-error.ts';
import { onlyDifferent } from '../../model/only-different.ts';
import { namespaceSchema } from '../../model/terminal.ts';
import { workloadKindOf, workloadKinds } from '../../model/workload-kinds.ts';
import type { OpenCluster } from '../open-clusters.ts';
import { cleanObject } from '../redaction.ts';
import { type Answer, clusterArgument, type ToolParts } from './tool.ts';

export const compareInput = {
  clusters: z
    .array(clusterArgument)
    .min(2)
    .max(10)
    .describe('The first is what the others are compared with.'),
  namespace: namespaceSchema
    .optional()
    .describe('Default: for each cluster that of its tag, otherwise default.'),
  kind: z
    .string()
    .max(40)
    .optional()
    .describe('deployment, statefulset, daemonset or cronjob. Default: all.'),
  all: z.boolean().optional().describe('Show what is equal too.'),
};

/** The longest workload, as JSON, that is shown: one with very many containers is longer. */
const mostCharacters = 20_000;

function boundedWorkload(workload: unknown): unknown {
  if (JSON.stringify(workload).length <= mostCharacters) return workload;
  const { kind, name } = workload as Readonly<Record<string, unknown>>;
  return { kind, name, cut: 'This workload differs in too much: compare fewer clusters.' };
}

/** Puts versions, nodes and the workloads of a namespace side by side. Every request is a GET through the read-only proxy. */
export function compareTool({ clusters }: ToolParts): Answer<z.output<z.ZodObject<typeof compareInput>>> {
  const columnOf = async (
    cluster: OpenCluster,
    how: Pick<Parameters<typeof readFacts>[1], 'kinds' | 'signal'> & {
      readonly namespace: string | undefined;
    },
  ): Promise<Column> => {
    const { id, title, production } = cluster;
    const namespace = how.namespace ?? (await clusters.namespaceOf(cluster));
    const about = {
      cluster: id as Column['about']['cluster'],
      title,
      namespace,
      ...(production === undefined ? {} : { production }),
    };
    try {
      const reader = {
        get: (path: string, signal: AbortSignal) => clusters.readJson(cluster, { path, signal }),
      };
      const facts = await readFacts(reader, { ...how, namespace, server: `The API server of ${title}` });
      return { about, read: { facts } };
    } catch (error) {
      return { about, read: { error: toPlainError(error) } };
    }
  };
  return async ({ clusters: words, namespace, kind, all = false }, signal) => {
    const found = words.map(clusters.find);
    if (new Set(found.map(({ id }) => id)).size < found.length)
      throw new AppError('bad-input', 'A cluster is named twice.', { hint: 'Name each cluster once.' });
    const only = kind === undefined ? undefined : workloadKindOf(kind);
    if (kind !== undefined && only === undefined)
      throw new AppError('bad-input', `${kind} cannot be compared.`, {
        hint: 'Give deployment, statefulset, daemonset or cronjob.',
      });
    const kinds = only === undefined ? workloadKinds : [only];
    const columns = await Promise.all(found.map((one) => columnOf(one, { namespace, kinds, signal })));
    const aligned = align(columns);
    const { workloads, ...rest } = all ? aligned : onlyDifferent(aligned);
    return {
      what: `${all ? 'comparison' : 'differences'} of ${found.length} clusters: cells are in the order of the clusters`,
      head: cleanObject(rest) as Readonly<Record<string, unknown>>,
      list: 'workloads',
      items: workloads.map(cleanObject).map(boundedWorkload),
      ...(rest.leftOut === undefined ? {} : { missing: 'Some workloads are left out: give a kind.' }),
    };
  };
}
