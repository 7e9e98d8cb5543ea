import { stringify } from 'yaml';
import { z } from 'zod';
import { expired } from '../../agent/compare/api-reader.ts';
import { AppError } from '../../model/app-error.ts';
import { cleanLine, cleanObject } from '../redaction.ts';
import { isOfSecrets, pathOf, type Resource } from '../resources.ts';
import type { Data } from '../results.ts';
import {
  type Answer,
  clusterArgument,
  kindArgument,
  nameArgument,
  namespaceArgument,
  readAs,
  selectorArgument,
  type ToolParts,
} from './tool.ts';

const defaultLimit = 50;
const mostItems = 500;
const mostColumns = 40;
/** Longer objects are shown as lines of YAML, in parts. */
const wholeObject = 20_000;

export const getInput = {
  cluster: clusterArgument,
  kind: kindArgument,
  name: nameArgument.optional(),
  namespace: namespaceArgument,
  allNamespaces: z.boolean().optional().describe('List the objects of all namespaces.'),
  labelSelector: selectorArgument.describe('For example app=web,tier!=cache.'),
  fieldSelector: selectorArgument.describe('For example status.phase=Running.'),
  limit: z.int().min(1).max(mostItems).optional().describe(`Objects of a list (default: ${defaultLimit}).`),
  output: z
    .enum(['table', 'object'])
    .optional()
    .describe(
      'table: the columns of kubectl get (default for a list). object: everything (default with a name).',
    ),
};
type GetInput = z.output<z.ZodObject<typeof getInput>>;

const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const metadataType = (list: boolean) =>
  `application/json;as=PartialObjectMetadata${list ? 'List' : ''};v=v1;g=meta.k8s.io`;

const metadata = z.object({ name: z.string().nullish(), namespace: z.string().nullish() });
const tableSchema = z.object({
  kind: z.literal('Table'),
  metadata: z.object({ continue: z.string().nullish(), remainingItemCount: z.number().nullish() }).nullish(),
  columnDefinitions: z.array(z.object({ name: z.string(), priority: z.number().nullish() })).nullish(),
  rows: z
    .array(
      z.object({ cells: z.array(z.unknown()), object: z.object({ metadata: metadata.nullish() }).nullish() }),
    )
    .nullish(),
});
const listSchema = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(z.unknown()).nullish(),
});

/** Lists objects of a kind, or shows one of them. */
export function getTool({ clusters, resources }: ToolParts): Answer<GetInput> {
  return async (input, signal) => {
    const { name, allNamespaces = false, labelSelector, fieldSelector, limit = defaultLimit } = input;
    const cluster = clusters.find(input.cluster);
    const resource = await resources.find(cluster, input.kind, signal);
    if (name !== undefined && (allNamespaces || labelSelector !== undefined || fieldSelector !== undefined))
      throw new AppError('bad-input', 'A name goes with no selector and with one namespace.', {
        hint: 'Leave out the name to list objects.',
      });
    const namespace = allNamespaces ? undefined : (input.namespace ?? (await clusters.namespaceOf(cluster)));
    const output = input.output ?? (name === undefined ? 'table' : 'object');
    const isMetadata = isOfSecrets(resource);
    const accept =
      output === 'table' ? tableType : isMetadata ? metadataType(name === undefined) : 'application/json';
    const what = describedList(input.kind, resource, { name, namespace });
    const read = async (from: string | undefined, within: AbortSignal): Promise<Data> => {
      const query =
        name === undefined ? { limit: String(limit), labelSelector, fieldSelector, continue: from } : {};
      const path = pathOf(resource, { namespace, name, query });
      const answer = await clusters.readJson(cluster, { path, accept, signal: within });
      if (answer === expired)
        throw new AppError('not-found', 'The list has changed for too long to continue it.', {
          hint: 'Call get again.',
        });
      const about = { cluster, what };
      const followed = (token: string | null | undefined) =>
        token ? { next: (signal: AbortSignal) => read(token, signal) } : {};
      if (output === 'table') {
        const table = readAs(tableSchema, answer, cluster);
        return {
          ...about,
          ...tableData(table, { isWide: namespace === undefined && resource.isNamespaced }),
          ...followed(table.metadata?.continue),
        };
      }
      if (name !== undefined) return { ...about, ...objectData(cleanObject(answer)) };
      const list = readAs(listSchema, answer, cluster);
      const items = (list.items ?? []).map(cleanObject).map(boundedObject);
      return { ...about, list: 'items', items, ...followed(list.metadata?.continue) };
    };
    return read(undefined, signal);
  };
}

/** Names what is shown by the words of the call: names of kinds are text of the cluster. */
function describedList(
  kind: string,
  { isNamespaced }: Resource,
  at: { readonly name: string | undefined; readonly namespace: string | undefined },
): string {
  const within = !isNamespaced
    ? ''
    : at.namespace === undefined
      ? ' in all namespaces'
      : ` in namespace ${at.namespace}`;
  return `${kind}${at.name === undefined ? '' : ` ${at.name}`}${within}`;
}

function tableData(
  { columnDefinitions, rows }: z.output<typeof tableSchema>,
  { isWide }: { readonly isWide: boolean },
): Pick<Data, 'head' | 'list' | 'items'> {
  const shown = (columnDefinitions ?? [])
    .slice(0, mostColumns)
    .map(({ name, priority }, at) => ({ name: cleanLine(name, 60), at, priority: priority ?? 0 }))
    .filter(({ priority }) => priority === 0);
  return {
    // A later page of the API has no columns: the first part named them.
    head:
      shown.length === 0
        ? {}
        : { columns: [...(isWide ? ['Namespace'] : []), ...shown.map(({ name }) => name)] },
    list: 'rows',
    items: (rows ?? []).map(({ cells, object }) => [
      ...(isWide ? [cleanLine(object?.metadata?.namespace ?? '')] : []),
      ...(shown.length === 0 ? cells.slice(0, mostColumns) : shown.map(({ at }) => cells[at])).map(cellText),
    ]),
  };
}

function cellText(value: unknown): unknown {
  if (typeof value === 'string') return cleanLine(value);
  return typeof value === 'number' || typeof value === 'boolean'
    ? value
    : cleanLine(JSON.stringify(value) ?? '');
}

/** Returns an object that has been cleaned as it is, or as lines of YAML if it is long. */
export function objectData(cleaned: unknown): Pick<Data, 'list' | 'items'> {
  if (JSON.stringify(cleaned).length <= wholeObject) return { list: 'items', items: [cleaned] };
  return { list: 'lines', items: stringify(cleaned, { lineWidth: 0 }).trimEnd().split('\n') };
}

/** Returns the object, or what names it where it is too long to be one of a list. */
function boundedObject(object: unknown): unknown {
  if (JSON.stringify(object).length <= wholeObject) return object;
  const { kind, metadata } = object as Readonly<Record<string, unknown>>;
  const { name, namespace } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  return { kind, metadata: { name, namespace }, cut: 'This object is long: call get with its name.' };
}
