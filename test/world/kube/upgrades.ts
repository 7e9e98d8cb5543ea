import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { serveAttach } from './attach.ts';
import { identify } from './authentication.ts';
import { allows } from './authorization.ts';
import { execServer, serveExec } from './exec.ts';
import { spdyClient, webSocketClient } from './exec-client.ts';
import { type Cluster, find } from './handler.ts';
import { chooseContainer } from './logs.ts';
import type { Pod } from './objects.ts';
import { upgradePortForward } from './port-forward.ts';
import { operationOf, parseRoute } from './routes.ts';
import { acceptSpdy, asksForSpdy } from './spdy/upgrade.ts';
import {
  badRequest,
  forbidden,
  internalError,
  noSuchResource,
  StatusError,
  storageTimeout,
  unauthorized,
} from './status.ts';

/**
 * Answers `attach`, `exec` and `portforward` of a pod over a WebSocket, the last two over SPDY too; every refusal is a Status,
 * before the upgrade.
 */
export async function answerUpgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  cluster: Cluster,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'https://kube');
  const route = parseRoute(request.method ?? 'GET', pathname, query);
  const fault = await cluster.traffic.serve('kube', operationOf(route), cluster.name);
  const tls = cluster.sockets.tls(socket.remotePort);
  if (fault?.kind === 'drop' || !tls) return cluster.sockets.reset(socket.remotePort);
  try {
    const user = await identify({ socket: tls, authorization: request.headers.authorization, ...cluster });
    if (!user) throw unauthorized();
    if (route.kind !== 'resource' || !['attach', 'exec', 'portforward'].includes(route.subresource ?? '')) {
      throw noSuchResource();
    }
    if (fault?.kind === 'error') throw storageTimeout();
    // Whoever may do the one may do the other: the verb is `create`, however the request came.
    if (fault || !allows(user, route.namespace)) {
      throw forbidden({ ...route, verb: 'create', user: user.user });
    }
    const pod = find(route, cluster.store) as Pod;
    if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
    if (route.subresource === 'portforward') {
      if (!asksForSpdy(request)) checkUpgrade(request);
      return upgradePortForward({ request, socket, head, pod });
    }
    const container = chooseContainer(pod, query.get('container'));
    const status = pod.status.containerStatuses?.find(({ name }) => name === container);
    if (!status?.state.running)
      return refuse(socket, 500, 'text/plain', `container not found ("${container}")`);
    if (asksForSpdy(request) && route.subresource === 'exec') {
      const transport = acceptSpdy({ request, socket, head, protocols: ['v4.channel.k8s.io'] });
      spdyClient(transport, query)
        .then((client) => serveExec({ client, pod, container, files: cluster.files, query }))
        .catch(() => transport.destroy());
      return;
    }
    checkUpgrade(request);
    execServer.handleUpgrade(request, socket, head, (webSocket) => {
      if (route.subresource === 'attach') {
        serveAttach({ socket: webSocket, pod, container, ...cluster });
        return;
      }
      // Who leaves in the middle gets no answer.
      const client = webSocketClient(webSocket, query);
      serveExec({ client, pod, container, files: cluster.files, query }).catch(() => webSocket.terminate());
    });
  } catch (error) {
    const { code, status } = error instanceof StatusError ? error : internalError(error);
    refuse(socket, code, 'application/json', JSON.stringify(status));
  }
}

function checkUpgrade({ headers }: IncomingMessage): void {
  if (headers.upgrade !== 'websocket') throw badRequest(`${headers.upgrade} is not served here`);
}

function refuse(socket: Socket, code: number, type: string, body: string): void {
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
