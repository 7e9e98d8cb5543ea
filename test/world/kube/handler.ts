import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault, Traffic } from '../traffic.ts';
import { type Authenticate, identify, type MintedTokens, type User } from './authentication.ts';
import { allows, answerReview } from './authorization.ts';
import { answerCreate, answerDelete, answerPatch } from './changes.ts';
import { answerDiscovery, answerOpenApi } from './discovery.ts';
import { type Exchange, sendJson, sendStatus, sendText } from './exchange.ts';
import { execServer, serveExec } from './exec.ts';
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

export interface Cluster {
  readonly name: string;
  readonly traffic: Traffic;
  readonly authenticate: Authenticate;
  readonly minted: MintedTokens;
  readonly store: Store;
  readonly logs: Logs;
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

/** Answers `pods/NAME/exec` over a WebSocket; every refusal is a Status, before the upgrade. */
export async function answerUpgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  cluster: Cluster,
) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://kube');
  const route = parseRoute(request.method ?? 'GET', pathname, searchParams);
  const fault = await cluster.traffic.serve('kube', operationOf(route), cluster.name);
  const tls = cluster.sockets.tls(socket.remotePort);
  if (fault?.kind === 'drop' || !tls) return cluster.sockets.reset(socket.remotePort);
  try {
    const user = await identify({
      socket: tls,
      authorization: request.headers.authorization,
      ...cluster,
    });
    if (!user) throw unauthorized();
    if (route.kind !== 'resource' || route.subresource !== 'exec') throw noSuchResource();
    if (fault?.kind === 'error') throw storageTimeout();
    if (fault || !allows(user, route.namespace)) throw forbidden({ ...route, user: user.user });
    const pod = find(route, cluster.store) as Pod;
    // What clients before 1.30 ask for, and later ones after a refused WebSocket.
    if (request.headers.upgrade !== 'websocket') throw badRequest('SPDY is not served');
    execServer.handleUpgrade(request, socket, head, (webSocket) => {
      void serveExec(webSocket, pod, searchParams);
    });
  } catch (error) {
    const { code, status } = error instanceof StatusError ? error : internalError(error);
    const body = JSON.stringify(status);
    socket.end(
      `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
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
  if (!type.verbs.includes('get') && verb === 'create') return answerReview(exchange, route, user);
  if (!type.verbs.includes(verb)) throw methodNotAllowed();
  if (subresource !== undefined) {
    if (subresource !== 'log' || verb !== 'get') throw noSuchResource();
    return answerLog({ exchange, pod: find(route, store) as Pod, logs, store });
  }
  if (verb === 'list') return answerList(exchange, route, store);
  if (verb === 'watch') return answerWatch(exchange, route, store);
  if (verb === 'create') return answerCreate(exchange, route, cluster);
  if (verb === 'patch') return answerPatch(exchange, route, store);
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

function find({ type, namespace, name = '' }: ResourceRoute, store: Store): KubeObject {
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
