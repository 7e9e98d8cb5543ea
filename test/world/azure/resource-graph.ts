import type { LoopbackRequest } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import { aksResource } from './aks-resource.ts';
import { type Answer, graphFailure, json } from './answers.ts';

const longestPage = 1_000;
type Row = Readonly<Record<string, unknown>>;

export interface GraphQuery {
  readonly query: string;
  readonly top: number;
  /** The row that the skip token stands for. */
  readonly start: number;
}

export function readQuery(request: LoopbackRequest): GraphQuery {
  const { query = '', options = {} } = JSON.parse(request.body.toString()) as {
    readonly query?: string;
    readonly options?: { readonly $top?: number; readonly $skipToken?: string };
  };
  const token = options.$skipToken;
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64').toString());
  return { query, top: options.$top ?? 100, start };
}

/**
 * Answers one query over what a tenant's caller may see. Of Kusto it knows a pipe of `where COLUMN =~ 'TEXT'`,
 * `project` and `order by`; anything else is an invalid query. Pages need the ids among the columns, as in Azure.
 */
export function answerQuery(options: {
  readonly query: GraphQuery;
  readonly plan: Plan;
  readonly tenant: string;
}): Answer {
  const {
    query: { query, top, start },
    plan,
    tenant,
  } = options;
  if (top < 1 || top > longestPage) {
    return graphFailure(400, 'InvalidTop', `The value of $top must be between 1 and ${longestPage}.`);
  }
  let rows: readonly Row[];
  try {
    rows = run(query, table(plan, tenant));
  } catch (error) {
    return graphFailure(400, 'InvalidQuery', `Query is invalid. ${String(error)}`);
  }
  if (!Number.isInteger(start)) return graphFailure(400, 'InvalidSkipToken', 'The skip token is invalid.');
  const data = rows.slice(start, start + top);
  const more = start + top < rows.length;
  const pageable = data.every((row) => 'id' in row);
  return json(
    200,
    {
      totalRecords: rows.length,
      count: data.length,
      data,
      facets: [],
      resultTruncated: more && !pageable ? 'true' : 'false',
      ...(more && pageable ? { $skipToken: Buffer.from(String(start + top)).toString('base64') } : {}),
    },
    { 'x-ms-user-quota-remaining': '14', 'x-ms-user-quota-resets-after': '00:00:05' },
  );
}

function table(plan: Plan, tenant: string): readonly Row[] {
  const seen = new Set(plan.azure.subscriptions.flatMap((one) => (one.tenant === tenant ? [one.id] : [])));
  return plan.azure.aks
    .filter(({ subscription }) => seen.has(subscription))
    .map((cluster) => {
      const resource = aksResource(plan, cluster);
      return {
        ...resource,
        type: resource.type.toLowerCase(),
        // Resource Graph does not keep the letters' case of a group.
        resourceGroup: cluster.resourceGroup.toLowerCase(),
        subscriptionId: cluster.subscription,
        tenantId: tenant,
      };
    });
}

function run(query: string, rows: readonly Row[]): readonly Row[] {
  const [source, ...steps] = query.split('|').map((step) => step.trim());
  if (source?.toLowerCase() !== 'resources') throw new Error(`unknown table ${source}`);
  return steps.reduce(apply, rows);
}

function apply(rows: readonly Row[], step: string): readonly Row[] {
  const [, verb = '', rest = ''] = /^(where|project|order by)\s+(.+)$/s.exec(step) ?? [];
  if (verb === 'where') {
    const [, column = '', text = ''] = /^(\w+)\s*=~\s*'([^']*)'$/.exec(rest) ?? [];
    if (column === '') throw new Error(`unknown condition ${rest}`);
    return rows.filter((row) => String(row[column]).toLowerCase() === text.toLowerCase());
  }
  if (verb === 'project') {
    const columns = rest.split(',').map((column) => {
      const [, name = '', path] = /^(\w+)(?:\s*=\s*([\w.]+))?$/.exec(column.trim()) ?? [];
      if (name === '') throw new Error(`unknown column ${column}`);
      return { name, path: (path ?? name).split('.') };
    });
    return rows.map((row) =>
      Object.fromEntries(
        columns.map(({ name, path }) => [name, path.reduce(valueAt, row as unknown) ?? null]),
      ),
    );
  }
  if (verb === 'order by') {
    const columns = rest.split(',').map((column) => column.trim().replace(/ asc$/, ''));
    const keyOf = (row: Row) => columns.map((column) => String(row[column])).join('\0');
    return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
  throw new Error(`unknown operator ${step}`);
}

function valueAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Row)[name] : undefined;
}
