import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { Pod } from './objects.ts';
import { type Headers, serveSpdy } from './spdy/session.ts';
import { acceptSpdy, asksForSpdy } from './spdy/upgrade.ts';
import { badRequest } from './status.ts';

/** Where every running pod answers HTTP. */
export const podPort = 8080;

const protocol = 'SPDY/3.1+portforward.k8s.io';

/**
 * Takes what `kubectl port-forward` asks for: SPDY, since 1.31 a whole SPDY connection within a WebSocket. The name of that
 * protocol holds a slash, which is no token of HTTP: the library refuses it, so it is negotiated here.
 */
export function upgradePortForward(given: {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly pod: Pod;
}): void {
  const { request, socket, head, pod } = given;
  if (asksForSpdy(request)) {
    const transport = acceptSpdy({ request, socket, head, protocols: ['portforward.k8s.io'] });
    transport.on('error', () => transport.destroy());
    void servePortForward(transport, pod);
    return;
  }
  const offered = request.headers['sec-websocket-protocol']?.split(/, */) ?? [];
  if (!offered.includes(protocol)) {
    throw badRequest(
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}]`,
    );
  }
  delete request.headers['sec-websocket-protocol'];
  server.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate());
    void servePortForward(createWebSocketStream(webSocket), pod);
  });
}

const server = new WebSocketServer({ noServer: true });
server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));

/** What listens in a pod: tells the pod and the path, and gives back what is posted. */
function createPodServer({ metadata }: Pod) {
  return createServer((request, response) => {
    response.setHeader('x-pod', metadata.name);
    if (request.method === 'POST') request.pipe(response);
    else response.end(`${metadata.name}: ${request.method} ${request.url}\n`);
  });
}

/**
 * Forwards as the kubelet does: of the two streams of a connection, which share a `requestid`, one carries the bytes
 * and the other what went wrong.
 */
async function servePortForward(transport: Duplex, pod: Pod): Promise<void> {
  const listening = createPodServer(pod);
  const waiting = new Map<string, { error?: Duplex; data?: Duplex }>();
  const accept = (stream: Duplex, headers: Headers) => {
    const { streamtype, requestid = '', port = '' } = headers;
    const pair = waiting.get(requestid) ?? {};
    waiting.set(requestid, pair);
    if (streamtype === 'error') pair.error = stream;
    else pair.data = stream;
    if (pair.error === undefined || pair.data === undefined) return;
    waiting.delete(requestid);
    const { error, data } = pair;
    // The client closes its end of the error stream at once.
    error.resume();
    if (Number(port) === podPort) {
      data.once('close', () => error.end());
      listening.emit('connection', data);
      return;
    }
    error.end(refusal(pod, port));
    data.end();
    data.resume();
  };
  await serveSpdy(transport, accept);
}

/** Worded by the kubelet around containerd's own. */
function refusal({ metadata }: Pod, port: string): string {
  const sandbox = metadata.uid.replaceAll('-', '').repeat(2);
  return `error forwarding port ${port} to pod ${sandbox}, uid : failed to execute portforward in network namespace "/var/run/netns/cni-${metadata.uid}": failed to connect to localhost:${port} inside namespace "${sandbox}", IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6 [::1]:${port}: connect: connection refused `;
}
