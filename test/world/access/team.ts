import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { AccessApplication, Plan } from '../plan.ts';
import type { Traffic } from '../traffic.ts';
import { actOut, type Exchange, forbid, page, redirect, send, setCookie } from './answers.ts';
import { type IdentityProvider, identityProviderHost } from './identity-provider.ts';
import type { Policies } from './policies.ts';
import { audience, type Identity, type Tokens } from './tokens.ts';

export const accessCookie = 'CF_Authorization';
export const appSessionCookie = 'CF_AppSession';

/** The parts of one organisation that its hosts share. */
export interface Organisation {
  readonly plan: Plan;
  readonly traffic: Traffic;
  readonly tokens: Tokens;
  readonly policies: Policies;
}

/**
 * The team domain: keys, identity, and the login that an application sends a person to. A login ends at the
 * application's `/cdn-cgi/access/authorized` with a signed `state`, which is worth a token only together with the
 * `CF_AppSession` cookie that the application set at the start.
 */
export async function handleTeam(
  organisation: Organisation,
  identityProvider: IdentityProvider,
  exchange: Exchange,
): Promise<void> {
  const { plan, traffic, tokens, policies } = organisation;
  const { response, url, cookies } = exchange;

  /** The end of every login: back to the application, or the page that says no. */
  const admit = async (application: AccessApplication, email: string, meta: JWTPayload) => {
    if (!policies.admits(application, email))
      return forbid(response, application.hostname, application.denyMessage);
    const { hostname, redirect_url, app_session_hash } = meta;
    const state = await tokens.sign({ type: 'authorized', email, hostname, redirect_url, app_session_hash });
    redirect(
      response,
      `https://${application.hostname}/cdn-cgi/access/authorized?${new URLSearchParams({ state })}`,
    );
  };

  const [operation, scope] = url.pathname.replace('/cdn-cgi/access/', '').split('/');
  const fault = await traffic.serve('access', operation ?? '', scope ?? plan.team);
  if (fault !== undefined) return actOut(fault, response, plan.team);

  switch (operation) {
    case 'certs':
      return send(response, 200, { json: tokens.certs() });
    case 'get-identity':
      return sendIdentity(organisation, response, await tokens.verify(cookies[accessCookie] ?? '', 'org'));
    case 'login': {
      const meta = await tokens.read(url.searchParams.get('meta') ?? '', 'meta');
      const application = policies.find(scope ?? '');
      if (meta === undefined || application === undefined || meta.hostname !== application.hostname)
        return badLogin(response);
      const identity = await tokens.verify(cookies[accessCookie] ?? '', 'org');
      if (identity !== undefined) return admit(application, identity.email, meta);
      const query = new URLSearchParams({
        client_id: audience(plan.team),
        response_type: 'code',
        scope: 'openid email profile',
        redirect_uri: `https://${plan.team}/cdn-cgi/access/callback`,
        state: url.searchParams.get('meta') ?? '',
      });
      // One identity provider: no page to choose from ("instant auth").
      return redirect(response, `https://${identityProviderHost}/authorize?${query}`);
    }
    case 'callback': {
      const meta = await tokens.read(url.searchParams.get('state') ?? '', 'meta');
      const email = identityProvider.redeem(url.searchParams.get('code') ?? '');
      const application = policies.find(String(meta?.hostname));
      if (meta === undefined || email === undefined || application === undefined) return badLogin(response);
      const { token, expires } = await tokens.issue(email);
      setCookie(response, accessCookie, token, expires);
      return admit(application, email, meta);
    }
    default:
      return send(response, 404, { html: page('Not found', '<h1>Not found</h1>') });
  }
}

export function sendIdentity(
  organisation: Organisation,
  response: Exchange['response'],
  identity: Identity | undefined,
): void {
  if (identity === undefined) send(response, 400, { json: { err: 'no app token set' } });
  else send(response, 200, { json: identityDocument(organisation, identity) });
}

function identityDocument({ plan, policies }: Organisation, { email, subject }: Identity): object {
  const failing = policies.failing(email);
  const rule = ({ id, name, description, type }: Plan['postureRules'][number]) => ({
    id,
    schedule: '5m',
    timeout: '',
    description,
    type,
    check: { exists: true, path: '' },
    data: null,
    success: !failing.includes(id),
    rule_name: name,
    error: '',
    timestamp: new Date().toISOString(),
  });
  return {
    id: subject,
    name: email.split('@')[0],
    email,
    user_uuid: subject,
    groups: policies.groupsOf(email).map((name) => ({ id: audience(name).slice(0, 32), name, email: '' })),
    amr: ['pwd'],
    idp: { id: audience(identityProviderHost).slice(0, 32), type: 'oidc' },
    geo: { country: 'DE' },
    devicePosture: Object.fromEntries(plan.postureRules.map((one) => [one.id, rule(one)])),
    device_sessions: {},
    is_warp: false,
    is_gateway: false,
    version: 2,
  };
}

/** How the start of a login and its end know each other: the cookie never stands in a URL. */
export function sessionHash(appSession: string): string {
  return createHash('sha256').update(appSession).digest('hex');
}

export function badLogin(response: Exchange['response']): void {
  send(response, 400, {
    html: page('Invalid login', '<h1>Invalid login session</h1><p>Start the login again.</p>'),
  });
}
