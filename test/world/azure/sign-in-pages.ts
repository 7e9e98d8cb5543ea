import { createHash, randomBytes } from 'node:crypto';
import { escapeHtml, page } from '../access/answers.ts';
import { givenOut } from '../given-out.ts';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Person, Plan } from '../plan.ts';
import { entraFailure, json } from './answers.ts';

interface Code {
  readonly name: string;
  readonly client: string;
  readonly redirectUri: string;
  readonly challenge: string;
  /** The claims challenge that the person was shown. */
  readonly claims: string;
}
interface Device {
  readonly client: string;
  readonly deviceCode: string;
  readonly userCode: string;
  name: string | undefined;
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** Where people sign in to Microsoft Entra, in short: with a password, which counts as a second factor too. */
export class EntraPages {
  private readonly codes = new Map<string, Code>();
  private readonly devices = new Map<string, Device>();

  authorize(request: LoopbackRequest, plan: Plan, tenant: string): LoopbackAnswer {
    const { search, searchParams } = new URL(request.target, 'http://entra');
    const asked = (name: string) => searchParams.get(name) ?? '';
    const redirect = URL.parse(asked('redirect_uri'));
    // A public application comes back to http://localhost at any port.
    if (redirect?.protocol !== 'http:' || redirect.hostname !== 'localhost')
      return html(400, '<h1>AADSTS50011: The redirect URI does not match.</h1>');
    if (asked('response_type') !== 'code' || asked('code_challenge_method') !== 'S256')
      return html(400, '<h1>AADSTS900144: The request body must contain a parameter.</h1>');
    if (request.method === 'GET') return html(200, form(`/${tenant}/oauth2/v2.0/authorize${search}`));
    const person = personOf(request, plan);
    if (person === undefined) return html(401, '<h1>Your account or password is incorrect.</h1>');
    const code = givenOut(`1.${randomBytes(48).toString('base64url')}`, 'code of Entra');
    this.codes.set(code, {
      name: person.email,
      client: asked('client_id'),
      redirectUri: asked('redirect_uri'),
      challenge: asked('code_challenge'),
      claims: asked('claims'),
    });
    const back = new URLSearchParams({
      code,
      state: asked('state'),
      session_state: randomBytes(8).toString('hex'),
    });
    const location = `${redirect.href}?${back}`;
    return { kind: 'answer', statusCode: 302, headers: { location }, body: '' };
  }

  beginDevice(request: LoopbackRequest, tenant: string): LoopbackAnswer {
    const client = new URLSearchParams(request.body.toString()).get('client_id') ?? '';
    const device: Device = {
      client,
      deviceCode: givenOut(randomBytes(48).toString('base64url'), 'device code of Entra'),
      userCode: randomBytes(5).toString('hex').toUpperCase().slice(0, 9),
      name: undefined,
    };
    this.devices.set(device.deviceCode, device);
    return json(200, {
      user_code: device.userCode,
      device_code: device.deviceCode,
      verification_uri: 'https://login.microsoftonline.com/common/oauth2/deviceauth',
      expires_in: 900,
      interval: 1,
      message: `To sign in to ${tenant}, enter the code ${device.userCode} to authenticate.`,
    });
  }

  /** The page where a code is entered: here with the address, `?code=`. */
  device(request: LoopbackRequest, plan: Plan): LoopbackAnswer {
    const { search, searchParams } = new URL(request.target, 'http://entra');
    if (request.method === 'GET') return html(200, form(`/common/oauth2/deviceauth${search}`));
    const device = [...this.devices.values()].find(({ userCode }) => userCode === searchParams.get('code'));
    const person = personOf(request, plan);
    if (device === undefined || person === undefined) return html(400, '<h1>That code didn’t work.</h1>');
    device.name = person.email;
    return html(200, '<h1>You have signed in.</h1>');
  }

  /** Who a grant of the token endpoint stands for, or why not; undefined for a grant of another kind. */
  redeem(
    form: URLSearchParams,
    client: string,
  ): { readonly name: string; readonly claims: string } | LoopbackAnswer | undefined {
    const grant = form.get('grant_type');
    if (grant === 'authorization_code') {
      const code = form.get('code') ?? '';
      const known = this.codes.get(code);
      this.codes.delete(code);
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (known === undefined || known.client !== client || known.redirectUri !== form.get('redirect_uri'))
        return refused(
          70008,
          'The provided authorization code or refresh token has expired due to inactivity.',
        );
      if (known.challenge !== challenge)
        return refused(501481, 'The Code_Verifier does not match the code_challenge.');
      return known;
    }
    // MSAL uses the short name, which Entra takes too.
    if (grant !== deviceGrant && grant !== 'device_code') return undefined;
    const device = this.devices.get(form.get('device_code') ?? '');
    if (device === undefined || device.client !== client) return refused(9002313, 'Invalid request.');
    if (device.name !== undefined) {
      this.devices.delete(device.deviceCode);
      return { name: device.name, claims: '' };
    }
    const message = 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.';
    return entraFailure({ statusCode: 400, error: 'authorization_pending', number: 70016, message });
  }
}

function refused(number: number, message: string): LoopbackAnswer {
  return entraFailure({ statusCode: 400, error: 'invalid_grant', number, message });
}

function personOf(request: LoopbackRequest, plan: Plan): Person | undefined {
  const sent = new URLSearchParams(request.body.toString());
  return plan.people.find(
    ({ email, password }) => email === sent.get('email') && password === sent.get('password'),
  );
}

function form(action: string): string {
  return `<h1>Sign in</h1>
<form method="post" action="${escapeHtml(action)}">
<label>Email <input type="email" name="email"></label>
<label>Password <input type="password" name="password"></label>
<button type="submit">Next</button>
</form>`;
}

function html(statusCode: number, body: string): LoopbackAnswer {
  return {
    kind: 'answer',
    statusCode,
    headers: { 'content-type': 'text/html' },
    body: page('Sign in', body),
  };
}
