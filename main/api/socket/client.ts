import { connect, type Socket } from 'node:net';
import { errnoOf } from '../../model/app-error.ts';
import { type AgentClient, createConversation } from '../conversation.ts';
import type { AgentMessage, ClientMessage } from '../serve-messages.ts';
import { readLines, writeLine } from './lines.ts';
import { isNonce, isProof, newNonce, proofOf, protocol, readSecret } from './proof.ts';
import { socketFile } from './socket-file.ts';

const handshakeTimeoutMs = 2_000;
/** How often to wait that long for an agent that is not stopped: a busy computer keeps it from its answer. */
const patience = 8;
/** How often, and after how long, to retry a running agent that closes the connection without an answer. */
const hangUps = 10;
const afterHangUpMs = 200;

interface ConnectOptions {
  readonly path: string;
  readonly state: string;
  /** How long to wait for a busy agent: `short` for a caller that only looks whether it answers. */
  readonly limit?: 'short';
}

/** A shell's client of the agent behind the socket. */
export interface Client extends AgentClient {
  readonly agent: { readonly version: string; readonly pid: number };
  /** Resolves when the connection has ended, for any reason. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Connects to the agent. Resolves with undefined if none is running (no socket, or one from a killed agent).
 * Rejects with `agent-foreign` if something else is or answers there, `agent-version` for an agent with another
 * protocol, and `agent-unreachable` for one that does not answer: after two seconds if it is stopped, or if `limit` is `short`.
 */
export async function connectAgent(options: ConnectOptions): Promise<Client | undefined> {
  const connection = await openConnection(options);
  return connection === undefined ? undefined : converse(connection);
}

/** A connection whose ends have both proven themselves, with raw messages. */
export interface Connection {
  readonly agent: Client['agent'];
  /** Receives the messages from now on. The agent sends none before the first request. */
  listen(listeners: { onMessage(message: AgentMessage): void; onEnd(): void }): void;
  send(message: ClientMessage): void;
  /** Closes it and ignores messages that still arrive. */
  close(): void;
}

/** Connects as `connectAgent` does, for callers that only pass messages on. */
export async function openConnection(options: ConnectOptions): Promise<Connection | undefined> {
  const { path, state } = options;
  socketFile(path, state);
  for (let tries = 1; ; tries++) {
    const socket = await open(path, state);
    if (socket === undefined) return undefined;
    try {
      const connection = await greet(socket, options, readSecret(state));
      if (connection !== undefined) return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    }
    // A killed agent has closed the connection. A running one may have too many connections: try again.
    const { livingHolder, silentHolder } = await holders();
    if (livingHolder(state) === undefined) return undefined;
    if (tries === hangUps) throw silentHolder(path, state);
    await new Promise((resolve) => setTimeout(resolve, afterHangUpMs));
  }
}

/** Loads the error texts and the process lookup only when no agent answers. */
const holders = () => import('./holder.ts');

function open(path: string, state: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => {
      const errno = errnoOf(cause);
      if (errno === 'ENOENT' || errno === 'ECONNREFUSED') {
        resolve(undefined);
        return;
      }
      holders().then(({ unopened }) => reject(unopened(path, state, cause)), reject);
    });
  });
}

/**
 * Performs the handshake. Resolves with undefined if the other end closes without an answer, as a killed agent does.
 */
function greet(
  socket: Socket,
  { path, state, limit }: ConnectOptions,
  secret: string | undefined,
): Promise<Connection | undefined> {
  return new Promise((resolve, reject) => {
    const nonce = newNonce();
    let waited = limit === 'short' ? patience : 0;
    const judge = ({ foreign, isBusy, livingHolder, silentHolder }: Awaited<ReturnType<typeof holders>>) => {
      if (socket.bytesRead === 0 && !socket.destroyed && ++waited < patience && isBusy(state)) return wait();
      const isForeign = socket.bytesRead > 0 && livingHolder(state) === undefined;
      reject(isForeign ? foreign(path) : silentHolder(path, state));
    };
    let timeout: NodeJS.Timeout;
    const wait = () => {
      // Read first what has arrived, where it was this process that was kept from it.
      timeout = setTimeout(() => setImmediate(() => holders().then(judge, reject)), handshakeTimeoutMs);
    };
    wait();
    const fail = () => {
      clearTimeout(timeout);
      if (socket.bytesRead === 0) resolve(undefined);
      else holders().then(({ foreign }) => reject(foreign(path)), reject);
    };
    socket.once('close', fail);
    socket.on('error', () => {});
    let proven = false;
    let receive = (message: unknown): void => {
      clearTimeout(timeout);
      socket.off('close', fail);
      const checked = checkHello(message, { nonce, secret });
      if (!('agent' in checked)) {
        receive = () => {};
        holders().then(({ unproven }) => reject(unproven(path, state, checked)), reject);
        return;
      }
      const { agent, proof } = checked;
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
    };
    readLines(socket, { isProven: () => proven, receive: (message) => receive(message) });
    writeLine(socket, { hello: 'k8s-tunnels', protocol, nonce });
  });
}

/** Identifies the other end by its greeting. */
function checkHello(message: unknown, own: { readonly nonce: string; readonly secret: string | undefined }) {
  const hello = (typeof message === 'object' && message !== null ? message : {}) as Record<string, unknown>;
  const { nonce, hello: name } = hello;
  if (name !== 'k8s-tunnels' || !isNonce(nonce)) return { kind: 'foreign' } as const;
  const agent = { version: String(hello.version), pid: Number(hello.pid) };
  const { secret } = own;
  if (secret === undefined || !isProof(hello.proof, proofOf(secret, 'agent', nonce, own.nonce)))
    return { kind: 'unproven', pid: agent.pid } as const;
  if (hello.protocol !== protocol) return { kind: 'version', ...agent } as const;
  return { agent, proof: proofOf(secret, 'client', nonce, own.nonce) };
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
