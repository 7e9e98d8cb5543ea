import { connect, type Socket } from 'node:net';
import { AppError, errnoOf } from '../../agent/app-error.ts';
import { type AgentClient, createConversation } from '../conversation.ts';
import type { AgentMessage, ClientMessage } from '../serve-messages.ts';
import { readLines, writeLine } from './lines.ts';
import { isNonce, isProof, newNonce, proofOf, protocol, readSecret } from './proof.ts';
import { socketFile } from './socket-file.ts';

const handshakeTimeoutMs = 2_000;

/** A shell's end of the socket. */
export interface Client extends AgentClient {
  readonly agent: { readonly version: string; readonly pid: number };
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Connects to the agent. Resolves with undefined when none runs (no socket, or one that a killed agent left).
 * Rejects with `agent-foreign` when something else lies or answers there, `agent-version` for an agent of another
 * protocol, `agent-unreachable` for one that does not answer.
 */
export async function connectAgent(options: {
  readonly path: string;
  readonly state: string;
}): Promise<Client | undefined> {
  const connection = await openConnection(options);
  return connection === undefined ? undefined : converse(connection);
}

/** A connection on which both ends have proven themselves, its messages as they come. */
export interface Connection {
  readonly agent: Client['agent'];
  /** Takes the messages from now on; the agent sends none before it is asked. */
  listen(listeners: { onMessage(message: AgentMessage): void; onEnd(): void }): void;
  send(message: ClientMessage): void;
  /** Ends it; what comes before the other end is gone too is not heard. */
  close(): void;
}

/** As `connectAgent`, for who only passes messages on. */
export async function openConnection(options: {
  readonly path: string;
  readonly state: string;
}): Promise<Connection | undefined> {
  const { path, state } = options;
  socketFile(path, state);
  const socket = await open(path);
  if (socket === undefined) return undefined;
  try {
    return await greet(socket, { path, state, secret: readSecret(state) });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function open(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => {
      const errno = errnoOf(cause);
      if (errno === 'ENOENT' || errno === 'ECONNREFUSED') {
        resolve(undefined);
        return;
      }
      reject(
        errno === 'ENOTSOCK'
          ? foreign(path, cause)
          : new AppError(
              'agent-unreachable',
              `The agent's socket ${path} cannot be opened (${errno ?? 'unknown error'}).`,
              {
                hint: 'Check that you own it and its folder.',
                cause,
              },
            ),
      );
    });
  });
}

function foreign(path: string, cause?: unknown): AppError {
  return new AppError('agent-foreign', `Something that is not k8s-tunnels answers at ${path}.`, {
    hint: 'Find it (for example with `lsof` or `ss -xlp`), stop it and try again.',
    cause,
  });
}

/** Undefined for one that ends before it has said a word: an agent that was killed just now. */
function greet(
  socket: Socket,
  place: { readonly path: string; readonly state: string; readonly secret: string | undefined },
): Promise<Connection | undefined> {
  const { path, state, secret } = place;
  return new Promise((resolve, reject) => {
    const nonce = newNonce();
    const timeout = setTimeout(() => {
      if (socket.bytesRead > 0) reject(foreign(path));
      // Only who waits in vain needs to know how processes are told apart.
      else import('./holder.ts').then(({ silentHolder }) => reject(silentHolder(path, state)), reject);
    }, handshakeTimeoutMs);
    const fail = () => {
      clearTimeout(timeout);
      if (socket.bytesRead === 0) resolve(undefined);
      else reject(foreign(path));
    };
    socket.once('close', fail);
    socket.on('error', () => {});
    let proven = false;
    let receive = (message: unknown): void => {
      clearTimeout(timeout);
      socket.off('close', fail);
      try {
        const { agent, proof } = checkHello(message, { path, nonce, secret });
        proven = true;
        writeLine(socket, { proof });
        receive = () => {};
        resolve({
          agent,
          listen({ onMessage, onEnd }) {
            receive = (next) => onMessage(next as AgentMessage);
            if (socket.closed) onEnd();
            else socket.once('close', onEnd);
          },
          send: (next) => writeLine(socket, next),
          close() {
            receive = () => {};
            socket.end();
          },
        });
      } catch (error) {
        reject(error);
      }
    };
    readLines(socket, { isProven: () => proven, receive: (message) => receive(message) });
    writeLine(socket, { hello: 'k8s-tunnels', protocol, nonce });
  });
}

/** Throws `agent-foreign` or `agent-version`. */
function checkHello(
  message: unknown,
  {
    path,
    nonce,
    secret,
  }: { readonly path: string; readonly nonce: string; readonly secret: string | undefined },
) {
  if (typeof message !== 'object' || message === null) throw foreign(path);
  const hello = message as Record<string, unknown>;
  const theirs = hello.nonce;
  if (hello.hello !== 'k8s-tunnels' || !isNonce(theirs) || secret === undefined) throw foreign(path);
  if (!isProof(hello.proof, proofOf(secret, 'agent', theirs, nonce))) throw foreign(path);
  const agent = { version: String(hello.version), pid: Number(hello.pid) };
  if (hello.protocol !== protocol) {
    throw new AppError(
      'agent-version',
      `The agent that runs is k8s-tunnels ${agent.version}, which this one cannot talk to.`,
      {
        hint: `Quit it (process ${agent.pid}) and try again.`,
      },
    );
  }
  return { agent, proof: proofOf(secret, 'client', theirs, nonce) };
}

function converse(connection: Connection): Client {
  const { agent, send, close } = connection;
  const { client, receive, end } = createConversation(send);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  connection.listen({
    onMessage: receive,
    onEnd() {
      end();
      resolve();
    },
  });
  return { ...client, agent, ended, close };
}
