import { type Exchange, sendJson } from './exchange.ts';
import { apiVersionOf } from './resource-types.ts';
import type { ResourceRoute } from './routes.ts';
import { parseSelectors } from './selectors.ts';
import { badRequest, expiredContinue } from './status.ts';
import type { Store } from './store.ts';
import { metadataOnly, renderTable, representationOf } from './tables.ts';

/** Answers a list, page by page where a `limit` is set. */
export function answerList(exchange: Exchange, route: ResourceRoute, store: Store): void {
  const { type, namespace } = route;
  const { query, request } = exchange;
  const matching = store.list(type, namespace).filter(parseSelectors(type, query));
  const start = readContinue(query.get('continue'), store);
  const limit = Number(query.get('limit')) || matching.length;
  const objects = matching.slice(start, start + limit);
  const left = matching.length - start - objects.length;
  const metadata = {
    resourceVersion: String(store.version),
    ...(left > 0 ? { continue: writeContinue(start + objects.length, store), remainingItemCount: left } : {}),
  };
  const representation = representationOf(request.headers.accept);
  if (representation === 'table') {
    sendJson(
      exchange,
      200,
      renderTable({ type, objects, metadata, includeObject: query.get('includeObject') }),
    );
    return;
  }
  if (representation === 'metadata') {
    sendJson(exchange, 200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: objects.map(metadataOnly),
    });
    return;
  }
  // Items of a list do not repeat their kind.
  const items = objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest);
  sendJson(exchange, 200, { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata, items });
}

const writeContinue = (start: number, store: Store) =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: store.version, start })).toString('base64url');

function readContinue(token: string | null, store: Store): number {
  if (!token) return 0;
  let parsed: { readonly rv: number; readonly start: number };
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data at input byte 0');
  }
  if (parsed.rv < store.oldest) throw expiredContinue();
  return parsed.start;
}
