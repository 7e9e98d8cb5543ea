import { z } from 'zod';
import type { OpenCluster } from '../open-clusters.ts';
import { cleanLine } from '../redaction.ts';
import { events, pathOf } from '../resources.ts';
import {
  type Answer,
  clusterArgument,
  nameArgument,
  namespaceArgument,
  readAs,
  type ToolParts,
} from './tool.ts';

const defaultLimit = 50;
/** A server does not sort: all are read, up to here. */
const mostRead = 500;

export const eventsInput = {
  cluster: clusterArgument,
  namespace: namespaceArgument,
  allNamespaces: z.boolean().optional().describe('Events of all namespaces.'),
  name: nameArgument.optional().describe('Only events about objects of this name.'),
  kind: z
    .string()
    .regex(/^[A-Za-z]{1,100}$/, 'must be a kind such as Pod')
    .optional()
    .describe('Only events about objects of this kind, such as Pod or Deployment.'),
  type: z.enum(['Warning', 'Normal']).optional(),
  limit: z.int().min(1).max(mostRead).optional().describe(`The latest events (default: ${defaultLimit}).`),
};

const text = z.string().nullish();
const eventSchema = z.object({
  metadata: z.object({ namespace: text, creationTimestamp: text }),
  involvedObject: z.object({ kind: text, name: text }).nullish(),
  type: text,
  reason: text,
  message: text,
  count: z.number().nullish(),
  eventTime: text,
  firstTimestamp: text,
  lastTimestamp: text,
  series: z.object({ count: z.number().nullish(), lastObservedTime: text }).nullish(),
});
const listSchema = z.object({
  metadata: z.object({ continue: text }).nullish(),
  items: z.array(eventSchema).nullish(),
});

/** Lists the latest events, the newest first. */
export function eventsTool(parts: ToolParts): Answer<z.output<z.ZodObject<typeof eventsInput>>> {
  const { clusters } = parts;
  return async (input, signal) => {
    const { name, kind, type, allNamespaces = false, limit = defaultLimit } = input;
    const cluster = clusters.find(input.cluster);
    const namespace = allNamespaces ? undefined : (input.namespace ?? (await clusters.namespaceOf(cluster)));
    const { rows, isMissing } = await readEvents(parts, cluster, { namespace, name, kind, type, signal });
    return {
      cluster,
      what: `events ${namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`}, the newest first`,
      list: 'items',
      items: rows.slice(0, limit),
      ...(isMissing || rows.length > limit
        ? {
            missing: isMissing
              ? `Only ${mostRead} events were read, in no order: name a namespace, an object or a type.`
              : `${rows.length - limit} older events are left out: ask with a larger limit.`,
          }
        : {}),
    };
  };
}

/** Resolves with events, the newest first, and with whether the server has more than were read. */
export async function readEvents(
  { clusters }: Pick<ToolParts, 'clusters'>,
  cluster: OpenCluster,
  of: {
    readonly namespace: string | undefined;
    readonly name?: string | undefined;
    readonly kind?: string | undefined;
    readonly type?: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly isMissing: boolean }> {
  const { namespace, name, kind, type, signal } = of;
  const fields = [
    ...(name === undefined ? [] : [`involvedObject.name=${name}`]),
    ...(kind === undefined ? [] : [`involvedObject.kind=${kind}`]),
    ...(type === undefined ? [] : [`type=${type}`]),
  ];
  const query = {
    limit: String(mostRead),
    fieldSelector: fields.length === 0 ? undefined : fields.join(','),
  };
  const answer = await clusters.readJson(cluster, { path: pathOf(events, { namespace, query }), signal });
  const { metadata, items } = readAs(listSchema, answer, cluster);
  const rows = (items ?? [])
    .map((event) => ({ event, last: lastOf(event) }))
    .toSorted((a, b) => b.last.localeCompare(a.last))
    .map(({ event, last }) => {
      const { involvedObject, reason, message, metadata } = event;
      return {
        last: cleanLine(last, 40),
        type: cleanLine(event.type ?? '', 20),
        reason: cleanLine(reason ?? '', 100),
        object: cleanLine(`${involvedObject?.kind ?? ''}/${involvedObject?.name ?? ''}`),
        ...(namespace === undefined ? { namespace: cleanLine(metadata.namespace ?? '') } : {}),
        count: event.series?.count ?? event.count ?? 1,
        message: cleanLine(message ?? '', 500),
      };
    });
  return { rows, isMissing: Boolean(metadata?.continue) };
}

function lastOf({
  series,
  lastTimestamp,
  eventTime,
  firstTimestamp,
  metadata,
}: z.output<typeof eventSchema>): string {
  return (
    series?.lastObservedTime ??
    lastTimestamp ??
    eventTime ??
    firstTimestamp ??
    metadata.creationTimestamp ??
    ''
  );
}
