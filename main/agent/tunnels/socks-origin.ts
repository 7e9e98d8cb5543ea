import type { Duplex } from 'node:stream';
import { AppError } from '../../model/app-error.ts';
import { socksReplies } from '../network/proxy/socks-request.ts';
import { readExactly } from './read-exactly.ts';

/**
 * Asks the SOCKS5 server at the other end of `stream` (cloudflared's `socks-proxy` ingress: no authentication) for a
 * connection to `host:port`, whose name the server resolves (RFC 1928). The stream then carries that connection.
 * Rejects with `origin-failed`.
 */
export async function connectThroughSocks(
  stream: Duplex,
  target: { readonly host: string; readonly port: number },
): Promise<void> {
  const host = Buffer.from(target.host);
  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  // Send greeting and request together: with only one method offered there is nothing to wait for.
  stream.write(Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 3, host.length]), host, port]));
  const greeting = await readExactly(stream, 2);
  if (greeting[0] !== 5 || greeting[1] !== 0) throw notSocks();
  const head = await readExactly(stream, 4);
  if (head[0] !== 5) throw notSocks();
  if (head[1] !== 0) {
    throw new AppError(
      'origin-failed',
      `The cluster's tunnel cannot reach ${target.host}:${target.port} (${socksReplies[head[1] ?? 1] ?? 'unknown reply'}).`,
      { hint: "Its API server is down or unknown there: ask the cluster's owner.", retryable: true },
    );
  }
  const addressLength = head[3] === 1 ? 4 : head[3] === 4 ? 16 : ((await readExactly(stream, 1))[0] ?? 0);
  await readExactly(stream, addressLength + 2);
}

function notSocks(): AppError {
  return new AppError('origin-failed', "The cluster's tunnel does not speak SOCKS5.", {
    hint: "Its tag k8s-tunnels-origin may have to be `tcp`: ask the cluster's owner.",
  });
}
