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

/** What every cloudflared of ours is started with. */
export interface CloudflaredParts {
  readonly env: Environment;
  readonly home: string;
  /** Of the package. */
  readonly resources: string | undefined;
  /** The folder for a file of the authorities that we trust. */
  readonly state: string;
  readonly logger: Logger;
}

/** As `findProgram`; where there is none it rejects with `connector-unavailable`. */
async function requireProgram(parts: CloudflaredParts, asks: string): Promise<Program> {
  const program = await findProgram(parts);
  if (program !== undefined) return program;
  throw unavailable(`There is no cloudflared on this computer, which ${asks}. ${searchedText(parts)}`, {
    hint: 'Install it (https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/), or name it in K8S_TUNNELS_CLOUDFLARED and start the agent again.',
  });
}

/**
 * The Access tunnel as cloudflared carries it: one child that listens on 127.0.0.1, started with the first connection and
 * again with the next one after its end. It finds on disk the token that `access` sees to before each connection,
 * and cannot open a browser. It gives no reason for a connection that it could not carry, so `builtin` is asked, who meets
 * the same and knows.
 */
export function createCloudflaredConnector(options: {
  readonly parts: CloudflaredParts;
  readonly access: Access;
  readonly builtin: Connector;
  readonly hostname: string;
  readonly destination?: string | undefined;
  /** Who wants it: `the tag … asks for`. */
  readonly asks?: string;
}): Connector {
  const { parts, access, builtin, hostname, destination, asks = 'your organisation asks for' } = options;
  /** Connections that no child could carry, and what it said of the last one. */
  let failures = 0;
  let reason = '';
  let lost = () => {};
  /** Looked for once, until it is closed: a probe comes by every half minute. */
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
        // It would wait for a person for ten minutes, and hold the lock that our own login needs.
        if (event.kind === 'login-wanted') void child?.stop();
        if (event.kind === 'dial-failed') {
          failures += 1;
          reason = event.error;
        }
      },
    });
    return child;
  };

  /** The one that runs, else a new one. */
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
    const forget = () => {
      if (starting === current) starting = undefined;
    };
    const child = await current.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (!child.hasEnded()) return child;
    forget();
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
        // It has ended, and we have not been told yet.
        await child.stop();
        return connect((await abortable(running(), signal)).port, signal);
      });
      // An origin that just hangs up is no failure of anybody's.
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

/** Nothing of ours but what it needs. With no PATH it finds no browser. It trusts whom we trust, where Go reads the file. */
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

/** Not among the arguments, which other accounts of the computer see. */
function serviceEnvironment(token: ServiceToken | undefined): Environment {
  if (token === undefined) return {};
  return { TUNNEL_SERVICE_TOKEN_ID: token.clientId, TUNNEL_SERVICE_TOKEN_SECRET: token.clientSecret };
}

/** As much of cloudflared's own words as an error has room for. */
const reasonAtMost = 300;

/** Keeps what cloudflared said, which may be another reason than ours. */
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
    hint: 'It is tried again by itself.',
    retryable: true,
    cause,
  });
}

function connect(port: number, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    // An error that nobody listens for ends the process: also between two owners.
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
