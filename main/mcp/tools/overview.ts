import { z } from 'zod';
import { isProduction } from '../../model/is-production.ts';
import { cleanLine, cleanObject } from '../redaction.ts';
import type { Answer, ToolParts } from './tool.ts';

const defaultLimit = 100;
const latestNotices = 5;
const mostTunnels = 50;

export const listInput = {
  search: z
    .string()
    .max(200)
    .optional()
    .describe('Words that all occur in the title, environment, account or description.'),
  limit: z.int().min(1).max(1_000).optional().describe(`Clusters (default: ${defaultLimit}).`),
};

/** Lists the clusters that are known, with those that are open for this client marked. */
export function listClustersTool({
  call,
  clusters,
}: ToolParts): Answer<z.output<z.ZodObject<typeof listInput>>> {
  return async ({ search = '', limit = defaultLimit }, signal) => {
    const snapshot = await call('snapshot', {}, { signal });
    const open = new Set(clusters.list().map(({ id }) => id));
    const words = search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const found = snapshot.clusters
      .map((cluster) => {
        const { id, title, source, account, accountName, region, environment, description, reach } = cluster;
        return {
          title: cleanLine(title),
          id,
          ...(environment === undefined ? {} : { environment: cleanLine(environment) }),
          ...(isProduction(cluster) ? { production: true, connecting: 'asks the user' } : {}),
          source,
          account: cleanLine(accountName ?? account),
          region,
          ...(description === undefined ? {} : { description: cleanLine(description) }),
          ...(reach.kind === 'none' ? { unreachable: cleanLine(reach.reason) } : {}),
          open: open.has(id),
        };
      })
      .filter((one) => {
        const text = Object.values(one).join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
      })
      .toSorted((a, b) => Number(b.open) - Number(a.open) || a.title.localeCompare(b.title));
    return {
      what: 'clusters that k8s-tunnels knows',
      list: 'items',
      items: found.slice(0, limit),
      ...(found.length > limit
        ? { missing: `${found.length - limit} clusters are left out: search, or ask with a larger limit.` }
        : {}),
    };
  };
}

/** Shows what is open for this client, the user's tunnels and sessions, and what waits for the user. */
export function statusTool({ call, clusters }: ToolParts): Answer<Record<string, never>> {
  return async (_, signal) => {
    const snapshot = await call('snapshot', {}, { signal });
    const { agent, tunnels, sessions, logins, kubectl, confirmations = [], notices } = snapshot;
    const titles = new Map(snapshot.clusters.map(({ id, title }) => [id, title]));
    const titleOf = (id: (typeof tunnels)[number]['cluster']) => cleanLine(titles.get(id) ?? id);
    return {
      what: 'state of k8s-tunnels',
      list: 'items',
      items: clusters.list().map(({ id, title, production }) => ({
        openForThisClient: cleanLine(title),
        id,
        ...(production === undefined ? {} : { production }),
      })),
      head: cleanObject({
        version: agent.version,
        tunnels: tunnels.slice(0, mostTunnels).map(({ cluster, state }) => ({
          cluster: titleOf(cluster),
          status: state.status,
          ...('failure' in state
            ? { why: cleanLine(state.failure.error.message), fix: state.failure.error.hint }
            : {}),
        })),
        currentContext: kubectl.context,
        sessions: sessions.map(({ authDomain, endsAt }) => ({
          at: authDomain,
          ends: new Date(endsAt).toISOString(),
        })),
        waitsForSignIn: logins.map(({ title }) => title),
        waitsForConfirmation: confirmations.map(({ cluster }) => titleOf(cluster)),
        notices: notices.slice(-latestNotices).map(({ message }) => cleanLine(message)),
      }) as Readonly<Record<string, unknown>>,
    };
  };
}
