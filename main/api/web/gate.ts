import type { IncomingMessage } from 'node:http';

export type Admission =
  /** `name` is the requested path below the window's path, beginning with `/`. */
  | { readonly kind: 'admitted'; readonly name: string }
  | { readonly kind: 'refused'; readonly status: 403 | 404 | 405 | 421; readonly reason: string };

/**
 * Checks a request before any other code sees it. The files of the window hold no secret, so the proof is required only
 * on the WebSocket (greeting.ts).
 *
 * `Host` must be ours, which stops DNS rebinding to 127.0.0.1. `localhost` is not accepted: a browser may resolve it to
 * ::1, where another account can listen. A WebSocket, and any request that is not a plain GET, must come from our own
 * page. `path` is random for each server: another account that listened on this port before cannot have put files for
 * it into the browser's cache, whose keys are addresses.
 */
export function admit(
  request: IncomingMessage,
  options: { readonly port: number; readonly path: string; readonly upgrade: boolean },
): Admission {
  const { port, path, upgrade } = options;
  const { host = '', origin } = request.headers;
  if (host !== `127.0.0.1:${port}`)
    return refused(421, `This address is not served here. Use http://127.0.0.1:${port}.`);
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  if ((upgrade || !isGet || origin !== undefined) && origin !== `http://${host}`)
    return refused(403, 'A page of another origin may not ask this.');
  if (!isGet) return refused(405, 'Only GET is answered here.');
  const [asked = '/'] = (request.url ?? '/').split('?', 1);
  if (!asked.startsWith(path)) return refused(404, 'Open the address that `k8s-tunnels serve` printed.');
  return { kind: 'admitted', name: asked.slice(path.length - 1) };
}

function refused(status: 403 | 404 | 405 | 421, reason: string): Admission {
  return { kind: 'refused', status, reason };
}
