import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { givenOut } from '../given-out.ts';
import type { Plan } from '../plan.ts';
import type { Traffic } from '../traffic.ts';
import { actOut, type Exchange, escapeHtml, page, redirect, send, setCookie } from './answers.ts';

export const identityProviderHost = 'idp.acme.example';
const codeLifeMs = 60_000;

/** The organisation's identity provider: an authorization endpoint in the manner of OpenID Connect, and its login page. */
export interface IdentityProvider {
  handle(exchange: Exchange): Promise<void>;
  /** The person a code of the authorization endpoint stands for; each code is good once. */
  redeem(code: string): string | undefined;
  endSessions(): void;
}

export function createIdentityProvider(options: {
  readonly plan: Plan;
  readonly traffic: Traffic;
}): IdentityProvider {
  const { plan, traffic } = options;
  const callback = `https://${plan.team}/cdn-cgi/access/callback`;
  const sessions = new Map<string, string>();
  const codes = new Map<string, { readonly email: string; readonly until: number }>();

  const authorize = ({ response, url, cookies }: Exchange) => {
    if (url.searchParams.get('redirect_uri') !== callback) {
      send(response, 400, { json: { error: 'invalid_request', error_description: 'unknown redirect_uri' } });
      return;
    }
    const email = sessions.get(cookies.idp_session ?? '');
    if (email === undefined) {
      redirect(response, `/login?continue=${encodeURIComponent(url.pathname + url.search)}`);
      return;
    }
    const code = givenOut(randomBytes(24).toString('base64url'), 'code of the identity provider');
    codes.set(code, { email, until: Date.now() + codeLifeMs });
    redirect(
      response,
      `${callback}?${new URLSearchParams({ code, state: url.searchParams.get('state') ?? '' })}`,
    );
  };

  const showForm = ({ response }: Exchange, status: number, goesOn: string, email = '', error = '') => {
    const csrf = randomBytes(18).toString('base64url');
    setCookie(response, 'idp_csrf', csrf);
    send(response, status, { html: loginPage({ csrf, goesOn, email, error }) });
  };

  const signIn = async (exchange: Exchange) => {
    const { request, response, cookies } = exchange;
    const form = new URLSearchParams(await text(request));
    const field = (name: string) => form.get(name) ?? '';
    if (cookies.idp_csrf === undefined || field('csrf') !== cookies.idp_csrf) {
      send(response, 403, { html: page('Form expired', '<h1>This form has expired</h1><p>Go back.</p>') });
      return;
    }
    const person = plan.people.find(({ email }) => email === field('email'));
    if (person === undefined || person.password !== field('password')) {
      showForm(exchange, 401, field('continue'), field('email'), 'Wrong email or password.');
      return;
    }
    const session = givenOut(
      randomBytes(24).toString('base64url'),
      'session cookie of the identity provider',
    );
    sessions.set(session, person.email);
    setCookie(response, 'idp_session', session);
    // Only back to itself: a form field must not send a signed-in person anywhere else.
    const goesOn = field('continue');
    redirect(response, goesOn.startsWith('/authorize?') ? goesOn : '/');
  };

  return {
    async handle(exchange) {
      const { request, response, url } = exchange;
      const submits = url.pathname === '/login' && request.method === 'POST';
      const operation = submits ? 'sign-in' : url.pathname.slice(1) || 'home';
      const fault = await traffic.serve('idp', operation, identityProviderHost);
      if (fault !== undefined) actOut(fault, response, identityProviderHost);
      else if (submits) await signIn(exchange);
      else if (url.pathname === '/authorize') authorize(exchange);
      else if (url.pathname === '/login') showForm(exchange, 200, url.searchParams.get('continue') ?? '/');
      else send(response, 404, { html: page('Not found', '<h1>Not found</h1>') });
    },
    redeem(code) {
      const known = codes.get(code);
      codes.delete(code);
      return known !== undefined && known.until > Date.now() ? known.email : undefined;
    },
    endSessions: () => sessions.clear(),
  };
}

function loginPage(form: {
  readonly csrf: string;
  readonly goesOn: string;
  readonly email: string;
  readonly error: string;
}): string {
  const error = form.error === '' ? '' : `<p class="error" role="alert">${escapeHtml(form.error)}</p>`;
  return page(
    'Sign in to Acme',
    `<h1>Sign in to Acme</h1>${error}
<form method="post" action="/login">
<input type="hidden" name="csrf" value="${escapeHtml(form.csrf)}">
<input type="hidden" name="continue" value="${escapeHtml(form.goesOn)}">
<label>Email <input type="email" name="email" value="${escapeHtml(form.email)}" autocomplete="username" required autofocus></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required></label>
<button type="submit">Sign in</button>
</form>`,
  );
}
