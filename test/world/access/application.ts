import { randomBytes } from 'node:crypto';
import { givenOut } from '../given-out.ts';
import type { AccessApplication } from '../plan.ts';
import { actOut, type Exchange, forbid, page, redirect, send, setCookie } from './answers.ts';
import {
  accessCookie,
  appSessionCookie,
  badLogin,
  type Organisation,
  sendIdentity,
  sessionHash,
} from './team.ts';
import { audience } from './tokens.ts';
import type { Transfer } from './transfer.ts';
import { type Dial, publish } from './web-origin.ts';

/** The host name of an application, all but the WebSocket itself. */
export async function handleApplication(
  organisation: Organisation & { readonly transfer: Transfer; readonly dial: Dial },
  application: AccessApplication,
  exchange: Exchange,
): Promise<void> {
  const { traffic, tokens } = organisation;
  const { request, response, url } = exchange;
  const { hostname } = application;
  const asksAppInfo = request.headers['cf-access-metadata-request'] === 'true';
  const operation = url.pathname.startsWith('/cdn-cgi/access/')
    ? url.pathname.slice('/cdn-cgi/access/'.length)
    : undefined;
  const fault = await (asksAppInfo
    ? traffic.serve('access', 'app-info', hostname)
    : traffic.serve(operation === undefined ? 'edge' : 'access', operation ?? 'request', hostname));
  if (fault !== undefined) return actOut(fault, response, hostname);

  if (asksAppInfo) {
    const { team } = organisation.plan;
    const claims = { hostname, auth_domain: team, aud: audience(hostname), app_hostname: hostname };
    response.setHeader('cf-access-metadata', await tokens.sign({ type: 'match', ...claims }));
  }
  switch (operation) {
    case 'authorized':
      return authorize(organisation, application, exchange);
    case 'cli':
      return handOver(organisation, application, exchange);
    case 'get-identity':
      return sendIdentity(
        organisation,
        response,
        await tokens.verify(exchange.cookies[accessCookie] ?? '', 'app', hostname),
      );
    default: {
      if (!(await admitted(organisation, application, exchange))) return;
      const { origin, catalog } = application;
      const dial = () => organisation.dial(application);
      // The edge passes the token on to every origin. No cluster looks at it.
      const token = request.headers['cf-access-token'] ?? exchange.cookies[accessCookie] ?? '';
      const proof = catalog === true ? { 'cf-access-jwt-assertion': String(token) } : {};
      if (origin === 'https') return publish(exchange, dial, proof);
      // What passed the policy reaches a tcp or SOCKS origin, which has no answer to plain HTTP.
      return send(response, 400, { text: 'Bad Request: this application speaks WebSocket only' });
    }
  }
}

/**
 * Whether the request may pass to the origin. Where it may not, the answer has been given: a redirect to the login
 * for someone unknown, 403 for a person whom the policy denies and for a wrong service token.
 */
export async function admitted(
  organisation: Organisation,
  application: AccessApplication,
  exchange: Exchange,
): Promise<boolean> {
  const { tokens, policies } = organisation;
  const { request, response, cookies } = exchange;
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const clientId = header('cf-access-client-id');
  if (clientId !== undefined) {
    const clientSecret = header('cf-access-client-secret') ?? '';
    if (policies.admitsService(application, { clientId, clientSecret })) return true;
    forbid(response, application.hostname);
    return false;
  }
  const token = header('cf-access-token') ?? cookies[accessCookie] ?? '';
  const identity = await tokens.verify(token, 'app', application.hostname);
  if (identity === undefined) {
    // A token of this team, for another application.
    const isOthers =
      application.origin === 'https' &&
      (await tokens.read(token, 'app'))?.aud?.includes(audience(application.hostname)) === false;
    if (application.serviceAuth === true || isOthers) forbid(response, application.hostname);
    else await sendToLogin(organisation, application, exchange);
    return false;
  }
  if (policies.admits(application, identity.email)) {
    if (application.origin === 'https') setCookie(response, accessCookie, token);
    return true;
  }
  forbid(response, application.hostname, application.denyMessage);
  return false;
}

async function sendToLogin(
  { plan, tokens }: Organisation,
  { hostname }: AccessApplication,
  { response, url }: Exchange,
): Promise<void> {
  const appSession = givenOut(randomBytes(24).toString('hex'), 'session cookie of Access');
  const redirectUrl = url.pathname + url.search;
  const query = new URLSearchParams({
    kid: audience(hostname),
    meta: await tokens.sign({
      type: 'meta',
      aud: audience(hostname),
      hostname,
      redirect_url: redirectUrl,
      app_session_hash: sessionHash(appSession),
      auth_status: 'NONE',
    }),
    redirect_url: redirectUrl,
  });
  setCookie(response, appSessionCookie, appSession);
  redirect(response, `https://${plan.team}/cdn-cgi/access/login/${hostname}?${query}`);
}

/** The end of a login: the application token as a cookie, and back to where the person wanted to go. */
async function authorize(
  { tokens }: Organisation,
  { hostname }: AccessApplication,
  { response, url, cookies }: Exchange,
): Promise<void> {
  const state = await tokens.read(url.searchParams.get('state') ?? '', 'authorized');
  const appSession = cookies[appSessionCookie] ?? '';
  if (state?.hostname !== hostname || state.app_session_hash !== sessionHash(appSession))
    return badLogin(response);
  const { token, expires } = await tokens.issue(String(state.email), hostname);
  setCookie(response, accessCookie, token, expires);
  setCookie(response, appSessionCookie, '', new Date(0));
  redirect(response, String(state.redirect_url));
}

/** `/cdn-cgi/access/cli`: a client on the person's machine gets tokens of its own through the transfer. */
async function handOver(
  organisation: Organisation & { readonly transfer: Transfer },
  application: AccessApplication,
  exchange: Exchange,
): Promise<void> {
  const { tokens, policies, transfer } = organisation;
  const { hostname } = application;
  const { response, url, cookies } = exchange;
  const identity = await tokens.verify(cookies[accessCookie] ?? '', 'app', hostname);
  if (identity === undefined) return sendToLogin(organisation, application, exchange);
  if (!policies.admits(application, identity.email))
    return forbid(response, hostname, application.denyMessage);
  if (url.searchParams.get('aud') !== audience(hostname)) return badLogin(response);
  const app = await tokens.issue(identity.email, hostname);
  const wantsOrg = url.searchParams.get('send_org_token') === 'true';
  const stored = transfer.store(url.searchParams.get('token') ?? '', {
    app_token: app.token,
    ...(wantsOrg ? { org_token: (await tokens.issue(identity.email)).token } : {}),
  });
  if (!stored) return badLogin(response);
  send(response, 200, {
    html: page(
      'Success',
      `<h1>You are signed in</h1><p>${hostname} is ready. You may close this window.</p>`,
    ),
  });
}
