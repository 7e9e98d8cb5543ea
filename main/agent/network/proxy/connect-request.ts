import type { Duplex } from 'node:stream';
import { AppError } from '../../../model/app-error.ts';
import { readUntil } from './reading.ts';
import type { ProxyServer, Target } from './routes.ts';

/** The size limit of a proxy's answer to CONNECT, a status line and a few headers. */
const headLimit = 16 * 1024;

/**
 * Asks the HTTP proxy at the other end of `stream` for a connection to `target` (CONNECT, RFC 9110, 9.3.6; Basic
 * authentication, RFC 7617). The stream then carries that connection. Rejects with `network-proxy` if the proxy
 * refuses, requires another user or password, or does not answer in HTTP.
 */
export async function requestConnect(stream: Duplex, proxy: ProxyServer, target: Target): Promise<void> {
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const { login } = proxy;
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(login === undefined ? [] : [`Proxy-Authorization: ${basic(login)}`]),
  ];
  stream.write(`${lines.join('\r\n')}\r\n\r\n`);
  const { status, head } = await readUntil(stream, headOf(proxy), () =>
    refusal(proxy, target, 'closed the connection'),
  );
  if (status >= 200 && status < 300) return;
  const schemes = status === 407 ? schemesIn(head) : [];
  if (schemes.length > 0 && !schemes.includes('basic')) {
    const named = schemes.map((scheme) => schemeNames[scheme] ?? scheme).join(' or ');
    throw new AppError(
      'network-proxy',
      `The proxy ${addressOf(proxy)} asks for a sign-in with ${named} (HTTP 407).`,
      {
        hint: `A user and password in ${proxy.variable} cannot be that. Run a local proxy that signs in with your account, such as px or cntlm, and set ${proxy.variable} to its address, for example http://127.0.0.1:3128.`,
        retryable: true,
      },
    );
  }
  if (status === 407) {
    const reason =
      login === undefined ? 'asks for a user and password' : 'did not accept the user and password';
    throw new AppError('network-proxy', `The proxy ${addressOf(proxy)} ${reason} (HTTP 407).`, {
      hint: `Write user, colon, password and @ before ${addressOf(proxy)} in ${proxy.variable}, with special characters percent-encoded.`,
      retryable: true,
    });
  }
  throw refusal(proxy, target, `refused the connection (HTTP ${status})`);
}

const schemeNames: Readonly<Record<string, string>> = {
  negotiate: 'Kerberos (Negotiate)',
  ntlm: 'NTLM',
  digest: 'Digest',
};

/** Returns the schemes that a proxy accepts, in lower case (`Proxy-Authenticate`, RFC 9110, 11.7.1). */
function schemesIn(head: string): readonly string[] {
  const fields = [...head.matchAll(/^proxy-authenticate:(.*)$/gim)].map(([, value = '']) => value);
  const challenges = fields.flatMap((value) => value.replace(/"[^"]*"/g, '""').split(','));
  // What follows a comma is another challenge, or a parameter of the last one.
  const schemes = challenges.map((text) => /^([a-z][\w-]*)(?:\s+(?!=)|$)/i.exec(text.trim())?.[1]);
  return [...new Set(schemes.flatMap((scheme) => scheme?.toLowerCase() ?? []))];
}

function headOf(proxy: ProxyServer) {
  return (bytes: Buffer) => {
    const end = bytes.indexOf('\r\n\r\n');
    // If the first bytes are not HTTP, do not wait for an empty line.
    const isHttp = 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7));
    if (!isHttp || (end < 0 && bytes.length > headLimit)) throw notHttp(proxy);
    if (end < 0) return undefined;
    const status = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(bytes.toString('latin1', 0, 64))?.[1];
    if (status === undefined) throw notHttp(proxy);
    return { value: { status: Number(status), head: bytes.toString('latin1', 0, end) }, used: end + 4 };
  };
}

function notHttp(proxy: ProxyServer): AppError {
  return new AppError('network-proxy', `${addressOf(proxy)} does not answer like an HTTP proxy.`, {
    hint: `Check the address in ${proxy.variable}; for a SOCKS proxy write socks5://${addressOf(proxy)}.`,
    retryable: true,
  });
}

/** Returns the value of `Proxy-Authorization` (RFC 7617). Secret. */
export function basic({ user, password }: NonNullable<ProxyServer['login']>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Creates the error for a proxy that refused one host. Others may still be reachable. */
export function refusal(proxy: ProxyServer, target: Target, what: string): AppError {
  return new AppError('network-proxy', `The proxy ${addressOf(proxy)} ${what} to ${target.host}.`, {
    hint: `Ask who runs the proxy to allow ${target.host}, or check ${proxy.variable} and NO_PROXY.`,
    retryable: true,
  });
}

/** Returns `host:port`, without the password that the variable may contain. */
export function addressOf({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
