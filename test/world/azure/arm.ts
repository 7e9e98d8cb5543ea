import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { AksCluster, Plan } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import { aksResource, userKubeconfig } from './aks-resource.ts';
import { failure, graphFailure, json } from './answers.ts';
import { authorityHost } from './entra.ts';
import { answerQuery, type GraphQuery, readQuery } from './resource-graph.ts';
import type { EntraCaller, EntraTokens } from './tokens.ts';

export const resourceManagerHost = 'management.azure.com';
const audiences = [`https://${resourceManagerHost}`, `https://${resourceManagerHost}/`];
const pageSize = 100;

export type ArmCall =
  | { readonly operation: 'tenants' | 'subscriptions' | 'unknown' }
  | { readonly operation: 'resources'; readonly query: GraphQuery }
  | { readonly operation: 'managedClusters'; readonly subscription: string; readonly start: number }
  | {
      readonly operation: 'listClusterUserCredential';
      readonly subscription: string;
      readonly resourceGroup: string;
      readonly name: string;
      readonly format: string | null;
    };

export function readArmCall(request: LoopbackRequest): ArmCall {
  const url = new URL(request.target, `https://${resourceManagerHost}`);
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const [head, subscription = '', ...rest] = path;
  const get = request.method === 'GET';
  if (get && path.length === 1 && (head === 'tenants' || head === 'subscriptions'))
    return { operation: head };
  if (!get && url.pathname === '/providers/Microsoft.ResourceGraph/resources') {
    return { operation: 'resources', query: readQuery(request) };
  }
  if (head !== 'subscriptions') return { operation: 'unknown' };
  const below = rest.join('/').toLowerCase();
  if (get && below === 'providers/microsoft.containerservice/managedclusters') {
    return {
      operation: 'managedClusters',
      subscription,
      start: Number(url.searchParams.get('$skiptoken') ?? 0),
    };
  }
  const [, resourceGroup = '', , , , name = '', action] = rest;
  if (!get && action === 'listClusterUserCredential') {
    const format = url.searchParams.get('format');
    return { operation: action, subscription, resourceGroup, name, format };
  }
  return { operation: 'unknown' };
}

/** What a cluster's own side gives to Azure, PEM. */
export interface KubeFacts {
  certificateAuthorityFor(cluster: AksCluster): string | Promise<string>;
  clientFor(cluster: AksCluster): Promise<{ readonly certificate: string; readonly key: string }>;
}

/** Who calls, by the tokens of Azure Resource Manager; the answer where nobody does. */
export async function authenticate(
  request: LoopbackRequest,
  tokens: EntraTokens,
): Promise<EntraCaller | LoopbackAnswer> {
  const challenge = `Bearer authorization_uri="https://${authorityHost}/common/oauth2/authorize"`;
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) {
    const message = "Authentication failed. The 'Authorization' header is missing.";
    return failure(401, 'AuthenticationFailed', message, { 'www-authenticate': challenge });
  }
  for (const audience of audiences) {
    const caller = await tokens.verify(token, audience);
    if (caller === 'challenged') {
      const value = String(Math.floor(Date.now() / 1_000));
      const claims = JSON.stringify({ access_token: { nbf: { essential: true, value } } });
      const message =
        'Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp';
      return failure(401, 'ContinuousAccessEvaluationFailed', message, {
        'www-authenticate': `${challenge}, error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`,
      });
    }
    if (caller !== undefined) return caller;
  }
  return failure(401, 'InvalidAuthenticationToken', 'The access token is invalid.', {
    'www-authenticate': `${challenge}, error="invalid_token", error_description="The access token is invalid."`,
  });
}

/** Answers one call of Azure Resource Manager for a caller in a tenant. */
export async function answerArm(options: {
  readonly call: ArmCall;
  readonly request: LoopbackRequest;
  readonly fault: Fault['does'] | undefined;
  readonly plan: Plan;
  readonly caller: EntraCaller;
  readonly kubeFacts: KubeFacts;
}): Promise<LoopbackAnswer> {
  const { call, request, fault, plan, caller, kubeFacts } = options;
  const { tenants, subscriptions, application, aks, deniedGraphs, deniedSubscriptions } = plan.azure;
  if (fault?.kind === 'throttle') {
    const seconds = String(fault.retryAfterSeconds ?? 5);
    if (call.operation === 'resources') {
      const message =
        'Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.';
      return graphFailure(429, 'RateLimiting', message, {
        'retry-after': seconds,
        'x-ms-user-quota-remaining': '0',
        'x-ms-user-quota-resets-after': `00:00:${seconds.padStart(2, '0')}`,
      });
    }
    const message = `Number of requests for principal '${caller.objectId}' exceeded the limit. Please try again after '${seconds}' seconds.`;
    return failure(429, 'TooManyRequests', message, { 'retry-after': seconds });
  }
  if (fault?.kind === 'error')
    return failure(500, 'InternalServerError', 'Encountered internal server error.');

  const visible = subscriptions.filter(({ tenant }) => tenant === caller.tenant);
  switch (call.operation) {
    case 'unknown':
      return failure(404, 'InvalidResourceType', 'The resource type could not be found.');
    case 'tenants': {
      // An application is at home in one tenant only.
      const seen = tenants.filter(
        ({ id, members }) =>
          (caller.name !== application.id || id === caller.tenant) &&
          members?.includes(caller.name) !== false,
      );
      return json(200, {
        value: seen.map(({ id, domain }) => ({
          id: `/tenants/${id}`,
          tenantId: id,
          tenantCategory: 'Home',
          displayName: domain.split('.')[0],
          domains: [domain],
          defaultDomain: domain,
          tenantType: 'AAD',
        })),
      });
    }
    case 'subscriptions':
      if (fault?.kind === 'deny') return denied(caller, 'Microsoft.Resources/subscriptions/read', '/');
      return json(200, {
        value: visible.map(({ id, tenant, name }) => ({
          id: `/subscriptions/${id}`,
          authorizationSource: 'RoleBased',
          managedByTenants: [],
          subscriptionId: id,
          tenantId: tenant,
          displayName: name,
          state: 'Enabled',
        })),
        count: { type: 'Total', value: visible.length },
      });
    case 'resources':
      if (fault?.kind === 'deny' || deniedGraphs.includes(caller.tenant)) {
        return graphFailure(403, 'AccessDenied', 'Access is denied to the requested resource.');
      }
      return answerQuery({ query: call.query, plan, tenant: caller.tenant });
  }
  const { subscription } = call;
  if (!visible.some(({ id }) => id === subscription)) {
    return failure(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
  }
  const refused = fault?.kind === 'deny' || deniedSubscriptions.includes(subscription);
  const here = aks.filter((cluster) => cluster.subscription === subscription);
  if (call.operation === 'managedClusters') {
    const scope = `/subscriptions/${subscription}`;
    if (refused) return denied(caller, 'Microsoft.ContainerService/managedClusters/read', scope);
    const end = call.start + pageSize;
    const next = new URL(request.target, `https://${resourceManagerHost}`);
    next.searchParams.set('$skiptoken', String(end));
    return json(200, {
      value: here.slice(call.start, end).map((cluster) => aksResource(plan, cluster)),
      ...(end < here.length ? { nextLink: next.href } : {}),
    });
  }
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const cluster = here.find(
    (one) => same(one.name, call.name) && same(one.resourceGroup, call.resourceGroup),
  );
  if (cluster === undefined) {
    const message = `The Resource 'Microsoft.ContainerService/managedClusters/${call.name}' under resource group '${call.resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
    return failure(404, 'ResourceNotFound', message);
  }
  if (refused) {
    const action = 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action';
    return denied(caller, action, aksResource(plan, cluster).id);
  }
  if (call.format !== 'exec')
    return failure(400, 'BadRequest', `the format ${call.format} is not supported here`);
  const text = userKubeconfig({
    plan,
    cluster,
    authority: await kubeFacts.certificateAuthorityFor(cluster),
    client: await kubeFacts.clientFor(cluster),
  });
  return json(200, { kubeconfigs: [{ name: 'clusterUser', value: Buffer.from(text).toString('base64') }] });
}

function denied(caller: EntraCaller, action: string, scope: string) {
  const message = `The client '${caller.name}' with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return failure(403, 'AuthorizationFailed', message);
}
