import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { AppError } from '../../../model/app-error.ts';
import type { Access } from '../../access/access.ts';
import type { ServiceToken } from '../../access/service-tokens.ts';
import { abortable } from '../../async/abortable.ts';
import { once } from '../../async/once.ts';
import { singleFlight } from '../../async/single-flight.ts';
import { proxyVariables } from '../../network/proxy/routes.ts';
import type { Environment, Logger } from '../../parts.ts';
import { writeFileAtomic } from '../../storage/write-file-atomic.ts';
import type { Connector } from '../connector.ts';
import { CarriedStream } from './carried-stream.ts';
import { type Child, startChild } from './child.ts';
import { findProgram, type Program, searchedText, unavailable } from './program.ts';

/** The parts with which every cloudflared is started. */
export interface CloudflaredParts {
  readonly env: Environment;
  readonly home: string;
  /** The package's resources folder. */
  readonly resources: string | undefined;
  /** The folder for a file of the CA certificates that we trust. */
  readonly state: string;
  readonly logger: Logger;
}

/** As `findProgram`, but rejects with `connector-unavailable` if there is none. */
async function requireProgram(parts: CloudflaredParts, asks: string): Promise<Program> {
  const program = await findProgram(parts);
  if (program !== undefined) return program;
  throw unavailable(`There is no cloudflared on this computer, which ${asks}. ${searchedText(parts)}`, {
    hint: 'Install it (https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/), or name it in K8S_TUNNELS_CLOUDFLARED and start the agent again.',
  });
}

/**
 * Implements the Access tunnel with cloudflared: one child process that listens on 127.0.0.1. The first connection
 * starts it, and so does the next one after its end. It reads the token from disk, which `access` provides before each
 * connection, and cannot open a browser. It reports no reason for a connection that it could not forward, so `builtin`
 * is asked, which meets the same failure and knows the reason.
 */
export function createCloudflaredConnector(options: {
  readonly parts: CloudflaredParts;
  readonly access: Access;
  readonly builtin: Connector;
  readonly hostname: string;
  readonly destination?: string | undefined;
  /** What requires cloudflared: `the tag … asks for`. */
  readonly asks?: string;
}): Connector {
  const { parts, access, builtin, hostname, destination, asks = 'your organisation asks for' } = options;
  /** The number of connections that no child could forward, and what cloudflared said about the last one. */
  let failures = 0;
  let reason = '';
  let lost = () => {};
  /** Looked up once until the connector closes: a probe runs every half minute. */
  let theProgram = once(() => requireProgram(parts, asks));
  let starting: Promise<Child> | undefined;
  let closing = new AbortController();

  const start = async (signal: AbortSignal): Promise<Child> => {
    const program = await theProgram();
    let child: Child | undefined;
    child = await startChild({
      program: program.path,
      args: [
        ...['--hostname', hostname, '--loglevel', 'info'],
        ...(destination === undefined ? [] : ['--destination', destination]),
      ],
      env: { ...(await environment(parts)), ...serviceEnvironment(await access.serviceToken(hostname)) },
      logger: parts.logger,
      signal,
      onEvent(event) {
        // It would wait ten minutes for the user, and hold the lock that our own login needs.
        if (event.kind === 'login-wanted') void child?.stop();
        if (event.kind === 'dial-failed') {
          failures += 1;
          reason = event.error;
        }
      },
    });
    return child;
  };

  /** Returns the running child, else starts one. */
  const running = async (): Promise<Child> => {
    const current = starting ?? start(closing.signal);
    if (starting === undefined) {
      starting = current;
      current
        .then((child) => child.ended)
        .then(
          () => starting === current && lost(),
          () => {},
        );
    }
    const drop = () => {
      if (starting === current) starting = undefined;
    };
    const child = await current.catch((error: unknown) => {
      drop();
      throw error;
    });
    if (!child.hasEnded()) return child;
    drop();
    return running();
  };

  const explain = singleFlight(
    (): Promise<Error | undefined> =>
      builtin.dial({ signal: closing.signal }).then(
        (stream) => void stream.destroy(),
        (error: Error) => error,
      ),
  );

  return {
    kind: () => 'cloudflared',
    async prepare(how) {
      await theProgram();
      await builtin.prepare(how);
    },
    async dial({ signal }) {
      if ((await access.serviceToken(hostname)) === undefined)
        await access.token(hostname, { interactive: false, signal });
      const before = failures;
      const child = await abortable(running(), signal);
      const socket = await connect(child.port, signal).catch(async (error: unknown) => {
        if (signal.aborted) throw error;
        // It has ended, but its exit was not reported to us yet.
        await child.stop();
        return connect((await abortable(running(), signal)).port, signal);
      });
      // An origin that closes the connection is not a failure.
      return new CarriedStream(socket, async () => {
        const error = await explain();
        if (failures === before) return error;
        return withReason(error instanceof AppError ? error : failed(error), reason);
      });
    },
    watch(listener) {
      lost = listener;
    },
    async close() {
      closing.abort();
      closing = new AbortController();
      const last = starting;
      starting = undefined;
      theProgram = once(() => requireProgram(parts, asks));
      await last?.then((child) => child.stop()).catch(() => {});
    },
  };
}

/**
 * Passes on only what cloudflared needs. Without PATH it finds no browser. It trusts the CA certificates that we trust,
 * on systems where Go reads the file.
 */
async function environment({ env, home, state }: CloudflaredParts): Promise<Environment> {
  const authorities = path.join(state, 'authorities.pem');
  await writeFileAtomic(authorities, tls.getCACertificates('default').join('\n'));
  return {
    ...(process.platform === 'win32'
      ? { USERPROFILE: home, SystemRoot: env.SystemRoot ?? env.SYSTEMROOT }
      : { HOME: home }),
    PATH: '',
    TUNNEL_LOG_OUTPUT: 'json',
    ...proxyVariables(env),
    SSL_CERT_FILE: authorities,
  };
}

/** Not passed as arguments, which other accounts of the computer can read. */
function serviceEnvironment(token: ServiceToken | undefined): Environment {
  if (token === undefined) return {};
  return { TUNNEL_SERVICE_TOKEN_ID: token.clientId, TUNNEL_SERVICE_TOKEN_SECRET: token.clientSecret };
}

/** Limits how much of cloudflared's own text an error includes, in characters. */
const reasonAtMost = 300;

/** Adds what cloudflared said, which may be another reason than ours. */
function withReason(error: AppError, reason: string): AppError {
  if (reason === '') return error;
  const { code, message, hint, retryable, mender, signIn } = error;
  return new AppError(code, `${message} cloudflared says: ${reason.slice(0, reasonAtMost)}`, {
    ...{ hint, retryable, mender, signIn },
    cause: error,
  });
}

function failed(cause?: Error): AppError {
  return new AppError('edge-failed', 'cloudflared could not open the connection.', {
    hint: 'It is tried again automatically.',
    retryable: true,
    cause,
  });
}

function connect(port: number, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    // An `error` event without a listener ends the process, and a socket can fail between two owners.
    socket.on('error', () => {});
    const abort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const done = () => signal.removeEventListener('abort', abort);
    socket.once('connect', () => {
      done();
      socket.off('error', fail);
      resolve(socket);
    });
    const fail = (cause: Error) => {
      done();
      reject(failed(cause));
    };
    socket.once('error', fail);
  });
}
