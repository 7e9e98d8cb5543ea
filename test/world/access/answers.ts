import { randomBytes } from 'node:crypto';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../traffic.ts';

/** One request on its way through the edge. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly cookies: Readonly<Record<string, string>>;
}

export function readExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
  const url = new URL(`https://${request.headers.host ?? ''}${request.url ?? '/'}`);
  return { request, response, url, cookies: Object.fromEntries(cookies) };
}

/** An answer to an upgrade request that is not upgraded: the same shape as any other. */
export function responseTo(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  response.once('finish', () => request.socket.destroySoon());
  return response;
}

export function send(
  response: ServerResponse,
  status: number,
  body: { readonly html: string } | { readonly text: string } | { readonly json: unknown },
): void {
  const [type, text] =
    'html' in body
      ? ['text/html; charset=utf-8', body.html]
      : 'text' in body
        ? ['text/plain; charset=utf-8', body.text]
        : ['application/json', JSON.stringify(body.json)];
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

export function redirect(response: ServerResponse, location: string): void {
  response.statusCode = 302;
  response.setHeader('location', location);
  response.setHeader('content-length', 0);
  response.end();
}

/** `expires` in the past, as `new Date(0)`, deletes the cookie; without it the cookie ends with the browser. */
export function setCookie(response: ServerResponse, name: string, value: string, expires?: Date): void {
  const until = expires === undefined ? '' : `; Expires=${expires.toUTCString()}`;
  response.appendHeader('set-cookie', `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${until}`);
}

/** What every answer that passed the edge carries. */
export function edgeHeaders(): Readonly<Record<string, string>> {
  return { server: 'cloudflare', 'cf-ray': `${randomBytes(8).toString('hex')}-FRA` };
}

/** The page of the edge for a person whom the policy does not admit, with the application's own words. */
export function forbid(response: ServerResponse, hostname: string, message?: string): void {
  send(response, 403, {
    html: page(
      'Forbidden',
      `<h1>That account does not have access</h1>${message === undefined ? '' : `<p>${escapeHtml(message)}</p>`}<p>You don't have permission to view ${escapeHtml(hostname)}. Please contact your system administrator.</p><p class="small">Ray ID: ${response.getHeader('cf-ray')}</p>`,
    ),
  });
}

/** Acts out a fault as the edge words it. */
export function actOut(fault: Fault['does'], response: ServerResponse, hostname: string): void {
  switch (fault.kind) {
    case 'drop':
      response.req.socket.destroy();
      return;
    case 'deny':
      forbid(response, hostname);
      return;
    case 'throttle':
      if (fault.retryAfterSeconds !== undefined) response.setHeader('retry-after', fault.retryAfterSeconds);
      send(response, 429, { text: 'error code: 1015' });
      return;
    case 'error':
      send(response, 500, { text: 'error code: 500' });
      return;
    case 'latency':
  }
}

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f3f4f6;color:#1f2937;font:16px/1.5 system-ui,sans-serif}
main{width:min(24rem,90vw);background:#fff;padding:2rem;border-radius:12px;box-shadow:0 4px 24px #0001}
h1{font-size:1.25rem;margin:0 0 1rem}label{display:block;margin:.75rem 0;font-size:.875rem}
input{width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #d1d5db;border-radius:8px;font:inherit}
button{width:100%;margin-top:.75rem;padding:.7rem;border:0;border-radius:8px;background:#1d4ed8;color:#fff;font:inherit}
.error{color:#b91c1c}.small{font-size:.75rem;color:#6b7280}
</style></head><body><main>${body}</main></body></html>
`;
}

export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (char) => entities[char] ?? char);
}
