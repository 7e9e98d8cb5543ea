import { createHash } from 'node:crypto';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { AzureTenant, Plan } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import { aksApplication } from './aks-resource.ts';
import { entraFailure, json } from './answers.ts';
import type { EntraPages } from './sign-in-pages.ts';
import { type EntraCaller, type EntraTokens, tokenSeconds } from './tokens.ts';

/** The policy of conditional access that guards the server application of AKS. */
const policyId = '5c5c5c5c-0001-4000-8000-0000000000d1';

export const authorityHost = 'login.microsoftonline.com';
/** The Azure CLI's own application. */
export const cliApplication = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

export type EntraCall =
  | { readonly operation: 'discovery' }
  | { readonly operation: 'openid-configuration'; readonly tenant: string }
  | { readonly operation: 'token'; readonly tenant: string }
  /** What a browser opens. */
  | { readonly operation: 'authorize'; readonly tenant: string }
  | { readonly operation: 'devicecode'; readonly tenant: string }
  | { readonly operation: 'device' }
  | { readonly operation: 'unknown' };

export function readEntraCall(request: LoopbackRequest): EntraCall {
  const { pathname } = new URL(request.target, `https://${authorityHost}`);
  if (pathname === '/common/discovery/instance') return { operation: 'discovery' };
  const [, tenant = '', rest = ''] = /^\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
  if (rest === 'v2.0/.well-known/openid-configuration') return { operation: 'openid-configuration', tenant };
  if (rest === 'oauth2/v2.0/authorize') return { operation: 'authorize', tenant };
  if (rest === 'oauth2/v2.0/devicecode' && request.method === 'POST')
    return { operation: 'devicecode', tenant };
  if (pathname === '/common/oauth2/deviceauth') return { operation: 'device' };
  if (rest === 'oauth2/v2.0/token' && request.method === 'POST') return { operation: 'token', tenant };
  return { operation: 'unknown' };
}

/** Answers one call of Microsoft Entra's authority (version 2.0). */
export async function answerEntra(options: {
  readonly call: EntraCall;
  readonly request: LoopbackRequest;
  readonly fault: Fault['does'] | undefined;
  readonly plan: Plan;
  readonly tokens: EntraTokens;
  readonly pages: EntraPages;
}): Promise<LoopbackAnswer> {
  const { call, request, fault, plan, tokens, pages } = options;
  if (fault?.kind === 'drop') return { kind: 'drop' };
  if (fault?.kind === 'throttle')
    return json(429, {}, { 'retry-after': String(fault.retryAfterSeconds ?? 5) });
  if (fault?.kind === 'error') return json(500, { error: 'server_error' });
  if (call.operation === 'discovery') return json(200, discovery());
  if (call.operation === 'unknown') return json(404, {});
  if (call.operation === 'device') return pages.device(request, plan);
  // Whoever has signed in is of their own tenant.
  const isAnyTenant = ['organizations', 'common'].includes(call.tenant);
  const tenant = isAnyTenant
    ? plan.azure.tenants[0]
    : plan.azure.tenants.find(({ id, domain }) => id === call.tenant || domain === call.tenant);
  if (tenant === undefined) {
    const message = `Tenant '${call.tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`;
    return entraFailure({ statusCode: 400, error: 'invalid_request', number: 90002, message });
  }
  if (call.operation === 'openid-configuration')
    return json(
      200,
      configuration({ ...tenant, id: call.tenant === 'organizations' ? call.tenant : tenant.id }),
    );
  if (call.operation === 'authorize') return pages.authorize(request, plan, tenant.id);
  if (call.operation === 'devicecode') return pages.beginDevice(request, tenant.id);
  if (fault?.kind === 'deny') return needsMfa(tenant);
  return answerToken({
    form: new URLSearchParams(request.body.toString()),
    tenant,
    isAnyTenant,
    plan,
    tokens,
    pages,
  });
}

async function answerToken(options: {
  readonly form: URLSearchParams;
  readonly tenant: AzureTenant;
  readonly isAnyTenant: boolean;
  readonly plan: Plan;
  readonly tokens: EntraTokens;
  readonly pages: EntraPages;
}): Promise<LoopbackAnswer> {
  const { form, tenant, isAnyTenant, plan, tokens, pages } = options;
  const scope = (form.get('scope') ?? '').split(' ').find((one) => one.endsWith('/.default'));
  if (scope === undefined) {
    const message = 'The provided value for the input parameter scope is not valid.';
    return entraFailure({ statusCode: 400, error: 'invalid_scope', number: 70011, message });
  }
  const audience = audienceOf(scope);
  const { application } = plan.azure;
  const client = form.get('client_id') ?? '';
  if (form.get('grant_type') === 'client_credentials') {
    if (client !== application.id || tenant !== plan.azure.tenants[0]) {
      const message = `Application with identifier '${client}' was not found in the directory '${tenant.domain}'.`;
      return entraFailure({ statusCode: 400, error: 'unauthorized_client', number: 700016, message });
    }
    if (form.get('client_secret') !== application.secret) {
      const message = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client}'.`;
      return entraFailure({ statusCode: 401, error: 'invalid_client', number: 7000215, message });
    }
    return granted(await tokens.issue(callerOf(client, tenant.id), audience));
  }
  const signedIn = pages.redeem(form, client);
  if (signedIn !== undefined) {
    if ('kind' in signedIn) return signedIn;
    const home = isAnyTenant ? homeOf(plan, signedIn.name) : tenant;
    const caller = callerOf(signedIn.name, home.id);
    const answered = signedIn.claims.includes(policyId);
    const refreshToken = tokens.issueRefresh(signedIn.name, [tenant.id], answered ? [tenant.id] : []);
    return granted(
      await tokens.issue(caller, audience),
      await person({ form, caller, plan, tokens, refreshToken }),
    );
  }
  const grant = tokens.refresh(form.get('refresh_token') ?? '');
  if (form.get('grant_type') !== 'refresh_token' || client !== cliApplication || grant === undefined) {
    const message = 'The provided grant is invalid or malformed.';
    return entraFailure({ statusCode: 400, error: 'invalid_grant', number: 9002313, message });
  }
  if (grant === 'ended') {
    const message =
      'The refresh token has expired due to inactivity. The token was issued on 2025-01-01T00:00:00.0000000Z and was inactive for 90.00:00:00.';
    return entraFailure({ statusCode: 400, error: 'invalid_grant', number: 700082, message });
  }
  if (grant === 'revoked') {
    const message =
      'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.';
    return entraFailure({ statusCode: 400, error: 'invalid_grant', number: 50173, message });
  }
  if (tenant.members?.includes(grant.name) === false) {
    const message = `User account '${grant.name}' from identity provider 'https://sts.windows.net/' does not exist in tenant '${tenant.domain}' and cannot access the application '${cliApplication}' in that tenant.`;
    return entraFailure({ statusCode: 400, error: 'invalid_grant', number: 50020, message });
  }
  if (tenant.requiresMfa === true && !grant.strongIn.has(tenant.id)) return needsMfa(tenant);
  if (tenant.guardsAks === true && audience === aksApplication && !grant.answeredIn.has(tenant.id))
    return challenged();
  const caller = callerOf(grant.name, tenant.id);
  const refreshToken = form.get('refresh_token') ?? '';
  return granted(
    await tokens.issue(caller, audience),
    await person({ form, caller, plan, tokens, refreshToken }),
  );
}

/** What is told besides to those who ask for `openid`: who it is. */
async function person(options: {
  readonly form: URLSearchParams;
  readonly caller: EntraCaller;
  readonly plan: Plan;
  readonly tokens: EntraTokens;
  readonly refreshToken: string;
}): Promise<object> {
  const { form, caller, plan, tokens, refreshToken } = options;
  const scope = form.get('scope') ?? '';
  if (!scope.split(' ').includes('openid')) return {};
  const home = callerOf(caller.name, homeOf(plan, caller.name).id);
  const clientInfo = { uid: home.objectId, utid: home.tenant };
  return {
    scope,
    refresh_token: refreshToken,
    id_token: await tokens.issueId(caller, form.get('client_id') ?? ''),
    client_info: Buffer.from(JSON.stringify(clientInfo)).toString('base64url'),
  };
}

/** As the resource is called that the scope is of: a slash of its own is kept. */
function audienceOf(scope: string): string {
  return scope.replace(/\/\.default$/, '');
}

/** The tenant where a person is at home. */
function homeOf({ azure: { tenants } }: Plan, name: string): AzureTenant {
  const home = tenants.find(({ members }) => members?.includes(name) !== false) ?? tenants[0];
  if (home === undefined) throw new Error('the plan has no tenant');
  return home;
}

function callerOf(name: string, tenant: string) {
  const hex = createHash('sha256').update(`${name} ${tenant}`).digest('hex');
  const objectId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return { tenant, name, objectId };
}

function granted(token: string, more: object = {}) {
  return json(200, {
    token_type: 'Bearer',
    expires_in: tokenSeconds,
    ext_expires_in: tokenSeconds,
    access_token: token,
    ...more,
  });
}

/** Conditional access for an application: the claims have to be passed to the sign-in, or it asks for nothing more. */
function challenged() {
  return entraFailure({
    statusCode: 400,
    error: 'interaction_required',
    number: 50076,
    message: `Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '${aksApplication}'.`,
    claims: JSON.stringify({ access_token: { capolids: { essential: true, values: [policyId] } } }),
  });
}

function needsMfa(tenant: AzureTenant) {
  const message = `Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013' in ${tenant.domain}.`;
  return entraFailure({ statusCode: 400, error: 'interaction_required', number: 50076, message });
}

function discovery() {
  return {
    tenant_discovery_endpoint: `https://${authorityHost}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      {
        preferred_network: authorityHost,
        preferred_cache: 'login.windows.net',
        aliases: [authorityHost, 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
      },
    ],
  };
}

function configuration({ id }: AzureTenant) {
  const base = `https://${authorityHost}/${id}`;
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  };
}
