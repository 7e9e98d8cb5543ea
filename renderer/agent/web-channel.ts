import {
  type Answer,
  type Challenge,
  closeCodes,
  type Hello,
  type Nonces,
  proofOf,
  randomWord,
  type Secret,
  sessionAfter,
} from '../../main/api/web/proof.ts';
import type { PageMessage } from '../../main/api/web/socket.ts';
import type { EndReason, OpenChannel } from './channel.ts';
import type { PageSecret } from './page-secret.ts';

/** `serve` must prove its identity within this time. */
const provenWithinMs = 10_000;

/**
 * Connects by a WebSocket to the page's own origin. Sends nothing and ignores all messages until the other end has
 * proven that it is the `serve` that issued this tab's address: see main/api/web/proof.ts.
 */
export function webChannel(url: string, held: PageSecret): OpenChannel {
  return ({ onOpen, onMessage, onEnd, onConfirmation }) => {
    const secret = held.get();
    if (secret === undefined) {
      queueMicrotask(() => onEnd('no-session'));
      return { send() {}, close() {} };
    }
    const socket = new WebSocket(url);
    const send = (message: unknown) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    };
    let isOpened = false;
    let isOver = false;
    // Do not wait for the close event: another program may delay it.
    const end = (why?: EndReason) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timeout);
      socket.close();
      onEnd(why);
    };
    const timeout = setTimeout(() => end('not-served'), provenWithinMs);
    const pass = ({ data }: MessageEvent) => {
      if (isOver) return;
      const message = JSON.parse(String(data)) as PageMessage;
      if ('confirmation' in message) onConfirmation?.(message.confirmation === 'asked');
      else onMessage(message);
    };
    const open = async () => {
      const session = await prove({ socket, send, secret, held });
      if (isOver) return;
      clearTimeout(timeout);
      held.keep(session);
      socket.addEventListener('message', pass);
      onOpen();
    };
    socket.addEventListener('open', () => {
      isOpened = true;
      open().catch(() => end('foreign'));
    });
    socket.addEventListener('close', ({ code }) => {
      if (code === closeCodes.ended) {
        held.drop(secret);
        // Try the next secret, as after a lost connection.
        end(held.get() === undefined ? 'session-ended' : undefined);
      } else end(isOpened ? undefined : 'not-served');
    });
    return { send, close: () => socket.close() };
  };
}

/** Resolves to the session's secret; rejects if the other end does not know this tab's secret. */
async function prove({
  socket,
  send,
  secret,
  held,
}: {
  readonly socket: WebSocket;
  readonly send: (message: Hello | Answer) => void;
  readonly secret: Secret;
  readonly held: PageSecret;
}): Promise<Secret> {
  const next = () =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const hear = ({ data }: MessageEvent) => {
        try {
          resolve(Object(JSON.parse(String(data))) as Record<string, unknown>);
        } catch (error) {
          reject(error);
        }
      };
      socket.addEventListener('message', hear, { once: true });
    });
  const { kind, id } = secret;
  const page = randomWord();
  const challenged = next();
  send({ kind, id, nonce: page });
  const { nonce, proof } = (await challenged) as unknown as Challenge;
  const nonces: Nonces = { server: String(nonce), page };
  if (proof !== (await proofOf(secret, 'server', nonces))) throw new Error('Another program answers.');
  const session = secret.kind === 'address' ? await sessionAfter(secret, nonces) : secret;
  // A page that is reloaded now cannot know whether the address was used.
  if (session !== secret) held.keep(session, secret);
  const opened = next();
  send({ proof: await proofOf(secret, 'page', nonces) });
  if ((await opened).opened !== true) throw new Error('Another program answers.');
  return session;
}
