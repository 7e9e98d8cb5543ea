import type { Fault, Traffic } from '../traffic.ts';
import { type Authenticate, identify, type MintedTokens, type User } from './authentication.ts';
import { allows, answerReview } from './authorization.ts';
import type { ContainerFiles } from './container/container-files.ts';
import { answerDiscovery, answerOpenApi } from './discovery.ts';
import { type Exchange, sendJson, sendStatus, sendText } from './exchange.ts';
import { answerHealth, type Readiness } from './health.ts';
import { answerList } from './lists.ts';
import { answerLog, type Logs } from './logs.ts';
import type { KubeObject, Pod } from './objects.ts';
import { operationOf, parseRoute, type ResourceRoute, type Route } from './routes.ts';
import type { Sockets } from './sockets.ts';
import {
  badRequest,
  forbidden,
  internalError,
  methodNotAllowed,
  noSuchResource,
  notFound,
  StatusError,
  storageTimeout,
  unauthorized,
} from './status.ts';
import type { Store } from './store.ts';
import { metadataOnly, renderTable, representationOf } from './tables.ts';
import { serverVersion } from './version.ts';
import { answerWatch } from './watch.ts';
import { answerDelete } from './writes/deletion.ts';
import { answerScale } from './writes/scale.ts';
import { answerCreate, answerPatch, answerUpdate } from './writes/writes.ts';

export interface Cluster {
  readonly name: string;
  readonly traffic: Traffic;
  readonly authenticate: Authenticate;
  readonly minted: MintedTokens;
  readonly store: Store;
  readonly logs: Logs;
  readonly files: ContainerFiles;
  readonly version: string;
  /** PEM. */
  readonly rootCertificate: string;
  readonly readiness: Readiness;
  readonly sockets: Sockets;
  /** `host:port` under which the server believes that it is reached. */
  readonly address: string;
}

/** Answers one request: counts it, acts out a fault, and turns a thrown Status into the answer. */
export async function answer(exchange: Exchange, cluster: Cluster): Promise<void> {
  const { request, method, path, query } = exchange;
  const route = parseRoute(method, path, query);
  const port = request.socket.remotePort;
  const fault = await cluster.traffic.serve('kube', operationOf(route), cluster.name);
  if (fault?.kind === 'drop') return cluster.sockets.reset(port);
  const socket = cluster.sockets.tls(port);
  if (!socket) return;
  try {
    const user = await identify({ socket, authorization: request.headers.authorization, ...cluster });
    if (fault) return actOut({ exchange, fault, route, user });
    await dispatch({ exchange, route, user, cluster });
  } catch (error) {
    // Whoever left in the middle of a request gets no answer.
    if (exchange.response.destroyed) return;
    sendStatus(exchange, error instanceof StatusError ? error : internalError(error));
  }
}

function actOut(given: {
  readonly exchange: Exchange;
  readonly fault: Fault['does'];
  readonly route: Route;
  readonly user: User | undefined;
}) {
  const { exchange, fault, route, user } = given;
  if (fault.kind === 'throttle') {
    return sendText(exchange, 429, 'Too many requests, please try again later.\n', {
      'retry-after': String(fault.retryAfterSeconds ?? 1),
    });
  }
  if (fault.kind === 'error') throw storageTimeout();
  throw deniedOn(exchange, route, user);
}

async function dispatch(given: {
  readonly exchange: Exchange;
  readonly route: Route;
  readonly user: User | undefined;
  readonly cluster: Cluster;
}): Promise<void> {
  const { exchange, route, user, cluster } = given;
  // Open to callers without credentials, by the binding system:public-info-viewer.
  if (route.kind === 'health') return answerHealth(exchange, route, cluster.readiness);
  if (route.kind === 'version') return sendJson(exchange, 200, serverVersion(cluster.version));
  // Anonymous access to anything else is off, as EKS has it since 1.32.
  if (!user) throw unauthorized();
  if (route.kind === 'discovery') return answerDiscovery(exchange, route.path, cluster.address);
  if (route.kind === 'openapi') return answerOpenApi(exchange, route.path);
  if (route.kind === 'resource') return answerResource({ exchange, route, user, cluster });
  return sendText(exchange, 404, '404 page not found\n');
}

async function answerResource(given: {
  readonly exchange: Exchange;
  readonly route: ResourceRoute;
  readonly user: User;
  readonly cluster: Cluster;
}): Promise<void> {
  const { exchange, route, user, cluster } = given;
  const { type, verb, subresource } = route;
  const { store, logs } = cluster;
  if (!allows(user, route.namespace)) throw forbidden({ ...route, user: user.user });
  // A stream without an upgrade, as kube-apiserver's `UpgradeAwareHandler` answers it.
  if (['attach', 'exec', 'portforward'].includes(subresource ?? '')) {
    find(route, store);
    throw badRequest('Upgrade request required');
  }
  if (!type.verbs.includes('get') && verb === 'create') return answerReview(exchange, route, user);
  if (!type.verbs.includes(verb)) throw methodNotAllowed();
  if (subresource !== undefined) {
    if (subresource === 'scale' && type.subresources.some(({ name }) => name === subresource)) {
      return answerScale(exchange, route, cluster);
    }
    if (subresource !== 'log' || verb !== 'get') throw noSuchResource();
    return answerLog({ exchange, pod: find(route, store) as Pod, logs, store });
  }
  if (verb === 'list') return answerList(exchange, route, store);
  if (verb === 'watch') return answerWatch(exchange, route, store);
  if (verb === 'create') return answerCreate(exchange, route, cluster);
  if (verb === 'patch') return answerPatch(exchange, route, cluster);
  if (verb === 'update') return answerUpdate(exchange, route, cluster);
  if (verb === 'delete') return answerDelete(exchange, route, store);
  const object = find(route, store);
  const representation = representationOf(exchange.request.headers.accept);
  if (representation === 'object') return sendJson(exchange, 200, object);
  if (representation === 'metadata') return sendJson(exchange, 200, metadataOnly(object));
  const { resourceVersion } = object.metadata;
  return sendJson(
    exchange,
    200,
    renderTable({
      type,
      objects: [object],
      metadata: { resourceVersion },
      includeObject: exchange.query.get('includeObject'),
    }),
  );
}

/** Rejects with 404 when there is no such object. */
export function find({ type, namespace, name = '' }: ResourceRoute, store: Store): KubeObject {
  const object = store.get({ type, namespace, name });
  if (!object) throw notFound(type, name);
  return object;
}

function deniedOn({ method, path }: Exchange, route: Route, user: User | undefined): StatusError {
  const caller = user?.user ?? 'system:anonymous';
  if (route.kind === 'resource') return forbidden({ ...route, user: caller });
  const verb = method.toLowerCase();
  return new StatusError(403, 'Forbidden', `forbidden: User "${caller}" cannot ${verb} path "${path}"`, {});
}
