import { connect, type Socket } from 'node:net';
import type { Change, Snapshot } from '../../agent/agent-view.ts';
import { AppError, errnoOf, fromPlainError, type PlainError } from '../../agent/app-error.ts';
import type { Input, OperationName, Output } from '../contract.ts';
import { readLines, writeLine } from './lines.ts';
import { newNonce, proofOf, protocol, readSecret, sameProof } from './proof.ts';

const handshakeTimeoutMs = 2_000;

/** A shell's end of the socket. Imports no schema: a kubectl waits for it. */
export interface Client {
  readonly agent: { readonly version: string; readonly pid: number };
  /** Rejects with the agent's error, `cancelled`, or `agent-unreachable` when the connection ends. */
  call<N extends OperationName>(
    name: N,
    input: Input<N>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Output<N>>;
  /** The state now, then every change. */
  subscribe(listener: (change: Change) => void): Promise<Snapshot>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Connects to the agent. Resolves with undefined when none runs (no socket, or one that a killed agent left).
 * Rejects with `agent-foreign` when something else answers there, `agent-version` for an agent of another protocol.
 */
export async function connectAgent(options: {
  readonly path: string;
  readonly state: string;
}): Promise<Client | undefined> {
  const socket = await open(options.path);
  if (socket === undefined) return undefined;
  const secret = readSecret(options.state);
  try {
    return await greet(socket, options.path, secret);
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
    hint: 'Find it (for example with `lsof` or `ss -xlp`), stop it, and delete that file.',
    cause,
  });
}

function greet(socket: Socket, path: string, secret: string | undefined): Promise<Client> {
  return new Promise((resolve, reject) => {
    const nonce = newNonce();
    const fail = () => {
      clearTimeout(timeout);
      reject(foreign(path));
    };
    const timeout = setTimeout(fail, handshakeTimeoutMs);
    socket.once('close', fail);
    socket.on('error', () => {});
    let receive = (message: unknown): void => {
      clearTimeout(timeout);
      socket.off('close', fail);
      try {
        const { agent, proof } = checkHello(message, { path, nonce, secret });
        writeLine(socket, { proof });
        const conversation = converse(socket, agent);
        receive = conversation.receive;
        resolve(conversation.client);
      } catch (error) {
        reject(error);
      }
    };
    readLines(socket, (message) => receive(message));
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
  if (hello.hello !== 'k8s-tunnels' || typeof theirs !== 'string' || secret === undefined)
    throw foreign(path);
  if (!sameProof(hello.proof, proofOf(secret, 'agent', theirs, nonce))) throw foreign(path);
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

function converse(socket: Socket, agent: Client['agent']) {
  type Waiting = { readonly resolve: (output: unknown) => void; readonly reject: (error: Error) => void };
  const waiting = new Map<number, Waiting>();
  let listener: ((change: Change) => void) | undefined;
  let lastId = 0;
  const gone = () =>
    new AppError('agent-unreachable', 'The agent ended in the middle of the call.', { retryable: true });
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const { reject } of waiting.values()) reject(gone());
      waiting.clear();
      resolve();
    });
  });
  const ask = (message: Record<string, unknown>, signal?: AbortSignal): Promise<unknown> => {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      if (!socket.writable) {
        reject(gone());
        return;
      }
      if (signal?.aborted === true) {
        reject(new AppError('cancelled', 'Cancelled.'));
        return;
      }
      const abort = () => writeLine(socket, { id, cancel: true });
      signal?.addEventListener('abort', abort, { once: true });
      const finish = () => {
        waiting.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      waiting.set(id, {
        resolve: (output) => {
          finish();
          resolve(output);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
      writeLine(socket, { ...message, id });
    });
  };
  const receive = (message: unknown): void => {
    const { id, output, error, change } = message as {
      id?: number;
      output?: unknown;
      error?: PlainError;
      change?: Change;
    };
    if (change !== undefined) {
      listener?.(change);
      return;
    }
    const call = id === undefined ? undefined : waiting.get(id);
    if (error !== undefined) call?.reject(fromPlainError(error));
    else call?.resolve(output);
  };
  const client: Client = {
    agent,
    call: (name, input, options) => ask({ operation: name, input }, options?.signal) as Promise<never>,
    subscribe(listen) {
      listener = listen;
      return ask({ subscribe: true }) as Promise<Snapshot>;
    },
    ended,
    close: () => socket.end(),
  };
  return { client, receive };
}
