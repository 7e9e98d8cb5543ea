import type { IncomingHttpHeaders } from 'node:http';
import { type LoopbackAnswer, type LoopbackRequest, startLoopbackServer } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import type { Traffic } from '../traffic.ts';
import {
  type GoogleAnswer,
  type GoogleMethod,
  internal,
  invalidArgument,
  ok,
  permissionDenied,
  quotaExceeded,
  restAnswer,
  serviceDisabled,
  unauthenticated,
  userProjectDenied,
} from './answers.ts';
import { answerGke, type GkeCall, gkeMethod, readGkeName } from './clusters.ts';
import { applyFieldMask } from './field-mask.ts';
import { hubMethod, listMemberships } from './fleet.ts';
import type { GkeCluster } from './gcp-plan.ts';
import { searchMethod, searchProjects } from './projects.ts';
import { type AuthorizedUser, GoogleSignIns, type ServiceAccount } from './sign-ins.ts';

const impersonateMethod: GoogleMethod = {
  service: 'iamcredentials.googleapis.com',
  title: 'IAM Service Account Credentials API',
  method: 'google.iam.credentials.v1.IAMCredentials.GenerateAccessToken',
  permission: 'iam.serviceAccounts.getAccessToken',
};

export interface GcpParts {
  /** Read at every request, so a getter lets clusters come and go. */
  readonly plan: Pick<Plan, 'gcp' | 'people'>;
  readonly traffic: Traffic;
  /** PEM of the authority that signs the cluster's API server. */
  certificateAuthorityFor(cluster: GkeCluster): string | Promise<string>;
}

export interface Gcp {
  /** Of every API, for gcloud's `api_endpoint_overrides`; ends with a slash. */
  readonly url: string;
  /** For gcloud's `auth/token_host` and `auth/auth_host`. */
  readonly tokenUri: string;
  readonly authUri: string;
  readonly signIns: GoogleSignIns;
  /** A login of the plan's first person. */
  signIn(): AuthorizedUser;
  createServiceAccount(name: string): ServiceAccount;
  /** Serves the cluster manager over gRPC, in plain text, too; the answer is its port. */
  startGrpc(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Google's token endpoints, Resource Manager and GKE on one loopback address, over REST. Counted as service
 * `google-oauth` (operation `token`, scope the grant; `authorize`; `revoke`; `exchange`; `impersonate`), `resource-manager` (`SearchProjects`, scope the page token) and
 * `gke` (`ListClusters`, `GetCluster`, scope `project/location`), `gkehub` (`ListMemberships`, scope the project).
 */
export async function startGcp(parts: GcpParts): Promise<Gcp> {
  const { traffic } = parts;
  const signIns = new GoogleSignIns({ tokenUri: () => tokenUri });
  const endings: (() => Promise<void>)[] = [];

  /** What both ways to GKE end in. */
  const serveGke = async (call: GkeCall, headers: Headers): Promise<GoogleAnswer> => {
    const fault = await traffic.serve('gke', call.operation, `${call.project}/${call.location}`);
    const refused = fault?.kind === 'drop' ? undefined : authenticate(gkeMethod(call), headers);
    if (refused !== undefined) return refused;
    const { certificateAuthorityFor } = parts;
    const answer = await answerGke({ call, fault, plan: planFor(headers), certificateAuthorityFor });
    return masked(answer, headers.get('x-goog-fieldmask'));
  };

  /** What the caller may see. */
  const planFor = (headers: Headers): Plan['gcp'] => {
    const { gcp } = parts.plan;
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? [];
    const email = signIns.find(token);
    return { ...gcp, projects: gcp.projects.filter(({ only }) => only === undefined || only === email) };
  };

  const authenticate = (method: GoogleMethod, headers: Headers): GoogleAnswer | undefined => {
    const [, token] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? [];
    if (token === undefined) return unauthenticated(method, 'missing');
    return signIns.find(token) === undefined ? unauthenticated(method, 'unknown') : undefined;
  };

  const serveSearch = async (request: LoopbackRequest, headers: Headers): Promise<GoogleAnswer> => {
    const { gcp } = parts.plan;
    const page = new URL(request.target, 'http://google').searchParams.get('pageToken') ?? '';
    const fault = await traffic.serve('resource-manager', 'SearchProjects', page);
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (fault?.kind === 'error') return internal;
    const refused = authenticate(searchMethod, headers);
    if (refused !== undefined) return refused;
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? [];
    const quota = headers.get('x-goog-user-project');
    const named = gcp.projects.find(({ id }) => id === quota);
    if (quota !== null && !/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(quota))
      return invalidArgument('User project specified in the request is invalid.');
    if (quota !== null && named === undefined) return userProjectDenied(searchMethod, quota);
    // The organisation's client is one of a project where the API is on, and a service account belongs to its project.
    const [, ownProject] = /@([^.]+)\.iam\.gserviceaccount\.com$/.exec(signIns.find(token) ?? '') ?? [];
    const payer =
      named ??
      (signIns.isOfDesktopClient(token) ? gcp.projects[0] : gcp.projects.find(({ id }) => id === ownProject));
    if (fault?.kind === 'throttle') {
      return quotaExceeded(searchMethod, payer?.number ?? '764086051850', fault.retryAfterSeconds);
    }
    if (fault?.kind === 'deny') return permissionDenied(searchMethod, 'projects');
    // Calls that concern no project need one that pays: the client's own has the API off.
    if (payer === undefined) return serviceDisabled(searchMethod, '764086051850');
    const answer = searchProjects(request, planFor(headers));
    const again = { nextPageToken: Buffer.from('0').toString('base64url') };
    return masked(
      fault?.kind === 'repeat' && answer.kind === 'ok' ? ok({ ...answer.body, ...again }) : answer,
      headers.get('x-goog-fieldmask'),
    );
  };

  const handle = async (request: LoopbackRequest): Promise<LoopbackAnswer> => {
    const url = new URL(request.target, 'http://google');
    const headers = headersOf(request.headers);
    const mask = url.searchParams.get('fields') ?? url.searchParams.get('$fields');
    if (mask !== null) headers.set('x-goog-fieldmask', mask);
    if (request.method === 'POST' && url.pathname === '/token') {
      const grant = new URLSearchParams(request.body.toString()).get('grant_type') ?? '';
      const fault = await traffic.serve('google-oauth', 'token', grant);
      return signIns.answerToken(request, fault);
    }
    if (url.pathname === '/o/oauth2/v2/auth') {
      const fault = await traffic.serve('google-oauth', 'authorize', '');
      return fault?.kind === 'drop' ? fault : signIns.answerAuthorize(request, parts.plan.people);
    }
    if (request.method === 'POST' && url.pathname === '/revoke') {
      const fault = await traffic.serve('google-oauth', 'revoke', '');
      return fault?.kind === 'drop' ? fault : signIns.answerRevoke(request);
    }
    if (request.method === 'POST' && url.pathname === '/v1/token') {
      await traffic.serve('google-oauth', 'exchange', '');
      return signIns.answerExchange(request);
    }
    const [, principal] =
      /^\/v1\/projects\/-\/serviceAccounts\/([^/]+):generateAccessToken$/.exec(url.pathname) ?? [];
    if (request.method === 'POST' && principal !== undefined) {
      await traffic.serve('google-oauth', 'impersonate', principal);
      const refused = authenticate(impersonateMethod, headers);
      return refused === undefined ? signIns.answerImpersonation(principal) : restAnswer(refused);
    }
    if (request.method === 'GET' && url.pathname === '/v3/projects:search') {
      return restAnswer(await serveSearch(request, headers));
    }
    const path = decodeURIComponent(url.pathname);
    const [, hubProject] = /^\/v1\/projects\/([^/]+)\/locations\/-\/memberships$/.exec(path) ?? [];
    if (request.method === 'GET' && hubProject !== undefined) {
      const fault = await traffic.serve('gkehub', 'ListMemberships', hubProject);
      const refused = fault?.kind === 'drop' ? undefined : authenticate(hubMethod, headers);
      return restAnswer(refused ?? listMemberships(planFor(headers), hubProject, fault));
    }
    const [, asked] = /^\/v3\/projects\/([^/:]+)$/.exec(path) ?? [];
    if (request.method === 'GET' && asked !== undefined) {
      await traffic.serve('resource-manager', 'GetProject', asked);
      const refused = authenticate(searchMethod, headers);
      const found = planFor(headers).projects.find(({ id }) => id === asked);
      return restAnswer(
        refused ??
          (found === undefined
            ? permissionDenied(searchMethod, `projects/${asked}`)
            : ok({ name: `projects/${found.number}`, projectId: found.id, state: 'ACTIVE' })),
      );
    }
    const name = readGkeName(path.replace(/^\/v1(?:beta1)?\//, '').replace(/\/clusters$/, ''));
    if (request.method === 'GET' && name !== undefined) {
      const operation = name.name === undefined ? 'ListClusters' : 'GetCluster';
      const answer = await serveGke({ operation, ...name }, headers);
      return restAnswer(
        url.searchParams.get('$alt') === 'json;enum-encoding=int' ? numbered(answer) : answer,
      );
    }
    return {
      kind: 'answer',
      statusCode: 404,
      headers: { 'content-type': 'text/html' },
      body: '<p>404. Not Found.\n',
    };
  };

  const server = await startLoopbackServer(handle);
  const tokenUri = `${server.url}/token`;
  endings.push(server.close);
  return {
    url: `${server.url}/`,
    tokenUri,
    authUri: `${server.url}/o/oauth2/v2/auth`,
    signIns,
    signIn: () => signIns.signIn(parts.plan.people[0]?.email ?? '', parts.plan.gcp.projects[0]?.id ?? ''),
    createServiceAccount(name) {
      const project = parts.plan.gcp.projects[0]?.id ?? '';
      return signIns.createServiceAccount(`${name}@${project}.iam.gserviceaccount.com`, project);
    },
    async startGrpc() {
      // Its packages take half a second to load: only for those who want it.
      const { startGrpcServer } = await import('./grpc.ts');
      const grpc = await startGrpcServer(serveGke);
      endings.push(grpc.close);
      return grpc.port;
    },
    async close() {
      await Promise.all(endings.map((end) => end()));
    },
  };
}

function masked(answer: GoogleAnswer, mask: string | null): GoogleAnswer {
  return answer.kind === 'ok' ? ok(applyFieldMask(answer.body, mask ?? undefined)) : answer;
}

/** Enums as numbers, which Google's own clients ask for: of those that we fill in there is one. */
function numbered(answer: GoogleAnswer): GoogleAnswer {
  if (answer.kind !== 'ok') return answer;
  const text = JSON.stringify(answer.body, (key, value) =>
    key === 'status' && value === 'RUNNING' ? 2 : value,
  );
  return ok(JSON.parse(text));
}

function headersOf(headers: IncomingHttpHeaders): Headers {
  return new Headers(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
  );
}
