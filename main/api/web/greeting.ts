import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import {
  type Challenge,
  closeCodes,
  type Nonces,
  type Opened,
  proofOf,
  randomWord,
  type Secret,
} from './proof.ts';
import type { Session, Sessions } from './sessions.ts';

const helloSchema = z.strictObject({
  kind: z.enum(['address', 'session']),
  id: z.string().max(64),
  nonce: z.string().min(16).max(64),
});
const answerSchema = z.strictObject({ proof: z.string().max(64) });

/**
 * Lets a page prove its secret (see proof.ts), with one attempt per connection, and then calls `onProven`. Until then
 * sends nothing from the agent and passes on nothing from the page. Closes the connection after a failed attempt.
 */
export function greet(
  socket: WebSocket,
  sessions: Pick<Sessions, 'find' | 'open'>,
  onProven: (session: Session) => void,
): void {
  const send = (message: Challenge | Opened) => socket.send(JSON.stringify(message));
  const unexpected = () => socket.close(closeCodes.policy);
  let next: (message: unknown) => Promise<void> | void;

  const hear = (data: RawData, isBinary: boolean) => {
    const step = next;
    // Ignore messages that arrive while a step is in progress.
    next = unexpected;
    const take = async () => step(isBinary ? undefined : JSON.parse(data.toString()));
    take().catch(unexpected);
  };
  const hello = async (message: unknown) => {
    const { nonce, ...claim } = helloSchema.parse(message);
    const secret = sessions.find(claim);
    if (secret === undefined) return socket.close(closeCodes.ended);
    const nonces: Nonces = { server: randomWord(), page: nonce };
    send({ nonce: nonces.server, proof: await proofOf(secret, 'server', nonces) });
    next = (answer) => checkAnswer(answer, secret, nonces);
  };
  const checkAnswer = async (message: unknown, secret: Secret, nonces: Nonces) => {
    const { proof } = answerSchema.parse(message);
    // A plain comparison is safe: each nonce allows one attempt, so its timing reveals nothing useful.
    const isRight = proof === (await proofOf(secret, 'page', nonces));
    const session = isRight ? await sessions.open(secret, nonces) : undefined;
    if (session === undefined) return socket.close(closeCodes.ended);
    socket.off('message', hear);
    onProven(session);
    send({ opened: true });
  };
  next = hello;
  socket.on('message', hear);
}
