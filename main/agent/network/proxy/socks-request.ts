import type { Duplex } from 'node:stream';
import { AppError } from '../../../model/app-error.ts';
import { addressOf, refusal } from './connect-request.ts';
import { readUntil } from './reading.ts';
import type { ProxyServer, Target } from './routes.ts';

/** A SOCKS5 server's replies other than success (RFC 1928, section 6). */
export const socksReplies: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
};

/**
 * Asks the SOCKS5 proxy at the other end of `stream` for a connection to `target`, whose name the proxy resolves (RFC
 * 1928; user and password, RFC 1929). The stream then carries that connection. Rejects with `network-proxy`.
 */
export async function requestSocks(stream: Duplex, proxy: ProxyServer, target: Target): Promise<void> {
  const { login } = proxy;
  // Each has one byte for its length. A truncated name, or one with a wrong length, would lead to another host.
  if ([target.host, login?.user, login?.password].some((text = '') => Buffer.byteLength(text) > 255))
    throw refusal(
      proxy,
      target,
      'cannot be given a name or password of more than 255 bytes, and is not asked for a connection',
    );
  const read = (size: number | ((bytes: Buffer) => number | undefined)) =>
    readUntil(
      stream,
      (bytes) => {
        const wanted = typeof size === 'number' ? size : size(bytes);
        return wanted === undefined || bytes.length < wanted
          ? undefined
          : { value: bytes.subarray(0, wanted), used: wanted };
      },
      () => refusal(proxy, target, 'closed the connection'),
    );
  stream.write(Buffer.from(login === undefined ? [5, 1, 0] : [5, 2, 0, 2]));
  const [version, method] = await read(2);
  if (version !== 5) throw notSocks(proxy);
  if (method === 2 && login !== undefined) {
    const [user, password] = [login.user, login.password].map((text) => Buffer.from(text));
    stream.write(
      Buffer.concat([
        Buffer.from([1, user?.length ?? 0]),
        user ?? Buffer.alloc(0),
        Buffer.from([password?.length ?? 0]),
        password ?? Buffer.alloc(0),
      ]),
    );
    if ((await read(2))[1] !== 0) throw unauthorised(proxy, 'did not accept the user and password');
  } else if (method !== 0) {
    throw unauthorised(proxy, 'asks for a user and password');
  }
  const host = Buffer.from(target.host);
  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  stream.write(Buffer.concat([Buffer.from([5, 1, 0, 3, host.length]), host, port]));
  const answer = await read(lengthOfAnswer);
  if (answer[0] !== 5) throw notSocks(proxy);
  const reply = answer[1] ?? 1;
  if (reply !== 0)
    throw refusal(proxy, target, `refused the connection (${socksReplies[reply] ?? `reply ${reply}`})`);
}

/** Version, reply, reserved, address type, address, port. */
function lengthOfAnswer(bytes: Buffer): number | undefined {
  if (bytes[0] !== 5 || (bytes[1] ?? 0) !== 0) return Math.min(2, bytes.length);
  if (bytes.length < 5) return undefined;
  const address = bytes[3] === 1 ? 4 : bytes[3] === 4 ? 16 : 1 + (bytes[4] ?? 0);
  return 4 + address + 2;
}

function notSocks(proxy: ProxyServer): AppError {
  return new AppError('network-proxy', `${addressOf(proxy)} does not answer like a SOCKS5 proxy.`, {
    hint: `Check the address in ${proxy.variable}; for an HTTP proxy write http://${addressOf(proxy)}.`,
    retryable: true,
  });
}

function unauthorised(proxy: ProxyServer, reason: string): AppError {
  return new AppError('network-proxy', `The proxy ${addressOf(proxy)} ${reason}.`, {
    hint: `Write user, colon, password and @ before ${addressOf(proxy)} in ${proxy.variable}, with special characters percent-encoded.`,
    retryable: true,
  });
}
