import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { readExchange, responseTo } from '../access/answers.ts';
import { type Listener, listen } from '../access/listener.ts';
import { publish, publishUpgrade } from '../access/web-origin.ts';
import type { Authority } from '../authority.ts';
import type { KubeOrigin } from '../kube-network.ts';
import { connectTcp } from '../origins/tcp.ts';
import type { Traffic } from '../traffic.ts';
import {
  type GoogleAnswer,
  type GoogleMethod,
  notFound,
  permissionDenied,
  restAnswer,
  serviceDisabled,
  unauthenticated,
} from './answers.ts';
import type { GcpPlan } from './gcp-plan.ts';

const method: GoogleMethod = {
  service: 'connectgateway.googleapis.com',
  title: 'Connect Gateway API',
  method: 'google.cloud.gkeconnect.gateway.v1.GatewayService.GetResource',
  permission: 'gkehub.gateway.get',
};

/**
 * Google's Connect gateway: the API of each member of a fleet, below a path, for users with a token of Google. Counted as
 * service `connect-gateway`, operation `request`, scope the path within the cluster.
 */
export async function startConnectGateway(options: {
  readonly plan: { readonly gcp: GcpPlan };
  readonly traffic: Traffic;
  readonly authority: Authority;
  /** Whose an access token of Google is. */
  readonly googleUser: (token: string) => string | undefined;
  readonly origin: (cluster: string) => KubeOrigin | undefined;
}): Promise<Listener & { readonly hosts: readonly string[] }> {
  const { plan, traffic, authority, googleUser, origin } = options;
  const locations = new Set((plan.gcp.memberships ?? []).map(({ location }) => location));
  const hosts = [...locations].map(
    (one) => `${one === 'global' ? '' : `${one}-`}connectgateway.googleapis.com`,
  );

  const refuse = (response: ServerResponse, answer: GoogleAnswer) => {
    const said = restAnswer(answer);
    if (said.kind === 'answer') response.writeHead(said.statusCode, said.headers).end(said.body);
  };
  /** The cluster and the path within it, or what Google refuses the request with. */
  const admit = (request: IncomingMessage) => {
    const url = new URL(`https://${request.headers.host}${request.url}`);
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const user = googleUser(token ?? '');
    if (token === undefined || user === undefined)
      return unauthenticated(method, token === undefined ? 'missing' : 'unknown');
    const [, number, location, kind, name, rest] =
      /^\/v1\/projects\/(\d+)\/locations\/([^/]+)\/(memberships|gkeMemberships)\/([^/]+)(\/.*)$/.exec(
        url.pathname,
      ) ?? [];
    const project = plan.gcp.projects.find((one) => one.number === number);
    const membership = plan.gcp.memberships?.find(
      (one) =>
        one.project === project?.id &&
        one.location === location &&
        one.name === name &&
        (one.gke === true) === (kind === 'gkeMemberships'),
    );
    const api = membership === undefined ? undefined : origin(membership.cluster);
    if (project?.gateway === 'disabled') return serviceDisabled(method, project.number);
    if (project?.gateway === 'denied') return permissionDenied(method, `projects/${number}`);
    if (api === undefined) return notFound(url.pathname);
    return { kind: 'cluster', api, user, path: `${rest}${url.search}` } as const;
  };
  const { key, certificate } = await authority.issueServer(
    hosts.length === 0 ? ['connectgateway.googleapis.com'] : hosts,
  );
  const server = https.createServer({ key, cert: certificate });
  const serve = async (request: IncomingMessage, response: ServerResponse, head?: Buffer) => {
    const admitted = admit(request);
    if (admitted.kind !== 'cluster') return refuse(response, admitted);
    const { api, user, path } = admitted;
    await traffic.serve('connect-gateway', 'request', path);
    request.url = path;
    request.headers.authorization = `Bearer ${api.mintToken(user, ['system:masters'])}`;
    const dial = () => connectTcp(api.port);
    const exchange = readExchange(request, response);
    return head === undefined ? publish(exchange, dial) : publishUpgrade(exchange, head, dial);
  };
  server.on('request', (request, response) => void serve(request, response).catch(() => response.destroy()));
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    void serve(request, responseTo(request), head).catch(() => socket.destroy());
  });
  return { ...(await listen(server)), hosts };
}
