import { rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import net from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into the agent with `--import`: answers on the Unix socket that K8S_TUNNELS_SOAK_INSIDE names. `held`: what
 * the process holds (`Held`), the socket of the question not counted. `delay`: the event loop's delay since that was
 * asked for the last time, which costs a timer each 10 ms; `no delay` ends that. Nothing runs otherwise.
 */
const socketPath = process.env.K8S_TUNNELS_SOAK_INSIDE;
let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
if (socketPath !== undefined && isMainThread && process.argv.includes('agent')) {
  rmSync(socketPath, { force: true });
  const inspector = new Session();
  inspector.connect();
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (question: Buffer) => {
      const asked = question.toString();
      const answering =
        asked === 'held' ? held(inspector, { server, socket }) : Promise.resolve(delay(asked === 'delay'));
      answering.then(
        (answer) => socket.end(JSON.stringify(answer)),
        (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
      );
    });
  });
  server.listen(socketPath).unref();
}

const resolutionMs = 10;

function delay(goesOn: boolean) {
  const p99 = histogram === undefined ? undefined : histogram.percentile(99) / 1e6 - resolutionMs;
  histogram?.disable();
  histogram = goesOn ? monitorEventLoopDelay({ resolution: resolutionMs }) : undefined;
  histogram?.enable();
  return { p99 };
}

interface ArmedTimer {
  readonly _destroyed: boolean;
  readonly _idleTimeout: number;
  readonly _onTimeout: (() => void) | null;
}

declare const soak: { readonly own: { readonly server: net.Server; readonly socket: net.Socket } };

/** Live objects of the whole heap: V8 collects the garbage before it looks. */
async function held(inspector: Session, own: { readonly server: net.Server; readonly socket: net.Socket }) {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  Object.assign(globalThis, {
    soak: { Socket: net.Socket, Server: net.Server, Timeout: timer.constructor, own },
  });
  /** `describe` runs as a function of the inspected process, and sees `soak` alone. */
  const listOf = async <T>(type: string, describe: (one: T) => string[]): Promise<string[]> => {
    const group = { objectGroup: 'soak' };
    const { result } = await inspector.post('Runtime.evaluate', {
      expression: `soak.${type}.prototype`,
      ...group,
    });
    if (result.objectId === undefined) throw new Error(`there is no ${type}`);
    const { objects } = await inspector.post('Runtime.queryObjects', {
      prototypeObjectId: result.objectId,
      ...group,
    });
    const { result: list } = await inspector.post('Runtime.callFunctionOn', {
      objectId: objects.objectId as string,
      functionDeclaration: `function () { return this.flatMap(${describe}) }`,
      returnByValue: true,
    });
    await inspector.post('Runtime.releaseObjectGroup', group);
    return list.value as string[];
  };
  const sockets = await listOf('Socket', (socket: net.Socket & { _handle?: unknown }) =>
    socket._handle && !socket.destroyed && socket !== soak.own.socket
      ? [
          `${socket.constructor.name} from ${socket.localPort ?? 'a pipe'} to ${socket.remotePort ?? 'a pipe'}`,
        ]
      : [],
  );
  const servers = await listOf('Server', (server: net.Server) =>
    server.listening && server !== soak.own.server ? [JSON.stringify(server.address())] : [],
  );
  const timers = await listOf('Timeout', (timer: ArmedTimer) =>
    timer._destroyed || timer._idleTimeout <= 0 || timer._onTimeout === null
      ? []
      : [`${timer._idleTimeout} ms ${String(timer._onTimeout).slice(0, 90)}`],
  );
  return { sockets, servers, timers, memory: process.memoryUsage() };
}
