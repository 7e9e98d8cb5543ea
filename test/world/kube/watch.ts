import { type Exchange, startAnswer } from './exchange.ts';
import type { KubeObject } from './objects.ts';
import { apiVersionOf } from './resource-types.ts';
import type { ResourceRoute } from './routes.ts';
import { type Matches, parseSelectors } from './selectors.ts';
import { badRequest, StatusError } from './status.ts';
import type { Change, Store } from './store.ts';
import { metadataOnly, renderTable, representationOf } from './tables.ts';

const bookmarkMs = 60_000;
/** As long as a server keeps a watch that names no timeout, at least. */
const defaultTimeoutSeconds = 1800;

/** Streams changes, one JSON object a line, until the client leaves or its `timeoutSeconds` are over. */
export function answerWatch(exchange: Exchange, route: ResourceRoute, store: Store): void {
  const { query, response } = exchange;
  const asked = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(asked)) {
    throw badRequest(`Invalid value: "${asked}": strconv.ParseUint: parsing "${asked}": invalid syntax`);
  }
  const matches = parseSelectors(route.type, query);
  const render = renderer(exchange, route);
  const send = (kind: string, object: KubeObject) =>
    response.write(`${JSON.stringify({ type: kind, object: render(object) })}\n`);
  const deliver = (change: Change) => {
    if (change.type !== route.type) return;
    if (route.namespace !== undefined && change.object.metadata.namespace !== route.namespace) return;
    const kind = seenAs(change, matches);
    if (kind) send(kind, change.object);
  };
  const bookmark = (annotations?: Record<string, string>) => {
    if (query.get('allowWatchBookmarks') === 'true') send('BOOKMARK', bookmarkOf(route, store, annotations));
  };

  startAnswer(exchange, 200, { 'content-type': 'application/json' });
  try {
    const initial = query.get('sendInitialEvents') === 'true';
    if (initial || asked === '' || asked === '0') {
      for (const object of store.list(route.type, route.namespace))
        if (matches(object)) send('ADDED', object);
      if (initial) bookmark({ 'k8s.io/initial-events-end': 'true' });
    } else {
      for (const change of store.since(Number(asked))) deliver(change);
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // The answer has begun, so an expired version is told as an event, with a status of 200.
    response.end(`${JSON.stringify({ type: 'ERROR', object: error.status })}\n`);
    return;
  }
  // A watch with nothing to say yet must still be seen to have begun.
  response.flushHeaders();

  const unsubscribe = store.subscribe(deliver);
  const bookmarks = setInterval(bookmark, bookmarkMs);
  const seconds = Number(query.get('timeoutSeconds')) || defaultTimeoutSeconds;
  const timeout = setTimeout(() => {
    bookmark();
    response.end();
  }, seconds * 1000);
  response.on('close', () => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  });
}

/** What a watch with a selector makes of a change: an object that stops matching is deleted for it. */
function seenAs(change: Change, matches: Matches): Change['kind'] | undefined {
  const before = change.previous !== undefined && matches(change.previous);
  const after = change.kind !== 'DELETED' && matches(change.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function renderer({ query, request }: Exchange, { type }: ResourceRoute): (object: KubeObject) => unknown {
  const representation = representationOf(request.headers.accept);
  if (representation === 'object') return (object) => object;
  if (representation === 'metadata') return metadataOnly;
  let headless = false;
  return (object) => {
    const table = renderTable({
      type,
      objects: [object],
      metadata: { resourceVersion: object.metadata.resourceVersion },
      includeObject: query.get('includeObject'),
      headless,
    });
    // Only the first event of a watch names the columns.
    headless = true;
    return table;
  };
}

const bookmarkOf = ({ type }: ResourceRoute, store: Store, annotations?: Record<string, string>) =>
  ({
    kind: type.kind,
    apiVersion: apiVersionOf(type),
    metadata: {
      resourceVersion: String(store.version),
      creationTimestamp: null,
      ...(annotations ? { annotations } : {}),
    },
  }) as unknown as KubeObject;
