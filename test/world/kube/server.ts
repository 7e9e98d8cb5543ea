import { type EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Authority, createAuthority, type KeyAndCertificate } from '../authority.ts';
import { givenOut } from '../given-out.ts';
import type { Traffic } from '../traffic.ts';
import { type Authenticate, MintedTokens } from './authentication.ts';
import { createNamespace, type PodSeed, seedCluster } from './cluster-objects.ts';
import { ContainerFiles } from './container/container-files.ts';
import { openExchange } from './exchange.ts';
import { answer, type Cluster } from './handler.ts';
import { Logs } from './logs.ts';
import type { Pod } from './objects.ts';
import { addPod } from './pod-objects.ts';
import { namespaceType, podType } from './resource-types.ts';
import { Sockets } from './sockets.ts';
import { Store } from './store.ts';
import { answerUpgrade } from './upgrades.ts';
import { terminate } from './writes/deletion.ts';

/** The names that kubeadm and the clouds put in every API server's certificate. */
const builtInNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '10.96.0.1',
];

export interface KubeApi {
  /** On 127.0.0.1, a name that the server's certificate does not hold, as behind any tunnel. */
  readonly port: number;
  readonly authority: Authority;
  /** A bearer token of the cluster's own, beside those that `authenticate` knows. */
  mintToken(user: string, groups?: readonly string[]): string;
  revokeToken(token: string): void;
  issueClient(user: string, groups?: readonly string[]): Promise<KeyAndCertificate>;
  addNamespace(name: string): void;
  deleteNamespace(name: string): void;
  addPod(pod: PodSeed): void;
  deletePod(namespace: string, name: string): void;
  /** To the first container unless one is named; rejects when there is no such pod. */
  appendLog(namespace: string, pod: string, line: string, container?: string): void;
  /** `failing` names the check that `/readyz` shows as failed, `shutdown` when left out. */
  setReady(ready: boolean, failing?: string): void;
  /** Lets every watch from an earlier version end in 410 Expired. */
  compact(): void;
  /** Resets every connection; new ones are served. */
  dropConnections(): void;
  /** As when its process ends: every connection is closed in order, and new ones are refused. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A Kubernetes API server over TLS on loopback, HTTP/1.1 and HTTP/2, with a certificate authority of its own. It
 * holds enough of the API for kubectl and helm: discovery, server-side tables, watches, logs, exec, port-forward, cp,
 * both kinds of apply, deletion by propagation, reviews. No controller or scheduler runs.
 */
export async function startKubeApi(given: {
  readonly name: string;
  readonly hostnames: readonly string[];
  readonly traffic: Traffic;
  readonly authenticate: Authenticate;
  readonly namespaces: readonly string[];
  readonly pods: readonly PodSeed[];
  /** As `kubectl version` shows it. */
  readonly version?: string;
}): Promise<KubeApi> {
  const { name, hostnames, traffic, authenticate, namespaces, pods, version = 'v1.32.9' } = given;
  const authority = await createAuthority(`${name}-ca`);
  const { key, certificate } = await authority.issueServer([...hostnames, ...builtInNames]);
  const store = new Store();
  const logs = new Logs();
  const files = new ContainerFiles();
  const minted = new MintedTokens();
  const rootCertificate = authority.certificate;
  seedCluster({ store, namespaces, pods, version, rootCertificate });

  const appendLog: KubeApi['appendLog'] = (namespace, pod, line, container) => {
    const found = store.get({ type: podType, namespace, name: pod }) as Pod | undefined;
    const named = container ?? found?.spec.containers[0]?.name;
    if (named === undefined) throw new Error(`no pod ${namespace}/${pod} in ${name}`);
    logs.append({ namespace, pod, container: named }, line);
  };
  for (const pod of pods) for (const line of pod.log ?? []) appendLog(pod.namespace, pod.name, line);

  const server = createSecureServer({
    key,
    cert: certificate,
    ca: rootCertificate,
    requestCert: true,
    rejectUnauthorized: false,
    allowHTTP1: true,
    // As kube-apiserver (`IdleTimeout` in k8s.io/apiserver, secure_serving.go). Node's own limit is 5 s.
    http1Options: { keepAliveTimeout: 90_000 },
  });
  const sockets = new Sockets(server);
  const cluster: Cluster = {
    name,
    traffic,
    authenticate,
    minted,
    store,
    logs,
    files,
    version,
    rootCertificate,
    readiness: { failing: undefined },
    sockets,
    address: `${hostnames[0] ?? '127.0.0.1'}:443`,
  };
  server.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    response.on('error', () => response.destroy());
    void answer(openExchange(request, response), cluster);
  });
  // Not in the types of a secure HTTP/2 server, which hands HTTP/1.1 upgrades on as they come.
  (server as EventEmitter).on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    void answerUpgrade(request, socket, head, cluster);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address() as AddressInfo;

  return {
    port,
    authority,
    mintToken: (user, groups = []) => minted.mint(user, groups),
    revokeToken: (token) => minted.revoke(token),
    async issueClient(user, groups = []) {
      const issued = await authority.issueClient(user, groups);
      const [, line = ''] = issued.key.split('\n');
      // As PEM, and as a kubeconfig has it.
      givenOut(line, 'key of a client');
      givenOut(Buffer.from(issued.key).toString('base64'), 'key of a client, in base64');
      return issued;
    },
    addNamespace: (namespace) =>
      void createNamespace(store, { metadata: { name: namespace } }, rootCertificate),
    deleteNamespace: (namespace) => void terminate({ type: namespaceType, name: namespace }, store),
    addPod: (pod) => {
      addPod(store, pod);
      for (const line of pod.log ?? []) appendLog(pod.namespace, pod.name, line);
    },
    deletePod: (namespace, pod) => void terminate({ type: podType, namespace, name: pod }, store),
    appendLog,
    setReady: (ready, failing = 'shutdown') => {
      cluster.readiness.failing = ready ? undefined : failing;
    },
    compact: () => store.compact(),
    dropConnections: () => sockets.resetAll(),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      sockets.closeAll();
      await closed;
    },
    async start() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: async () => {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      sockets.resetAll();
      await closed;
      await files.remove();
    },
  };
}
