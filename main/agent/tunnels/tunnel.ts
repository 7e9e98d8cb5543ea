import type { ClusterId } from '../../model/cluster.ts';
import type { ConnectorKind } from '../../model/connector-kind.ts';
import type { TunnelState } from '../../model/tunnel-state.ts';
import { abortable } from '../async/abortable.ts';
import type { Clock, Logger } from '../parts.ts';
import { createClientDial } from './client-dial.ts';
import type { FailedClient } from './client-failures.ts';
import { failureFrom } from './failure.ts';
import { openGateway, type Refusal } from './gateway.ts';
import { nextState, type TunnelEvent } from './next-state.ts';
import type { Pace } from './pace.ts';
import type { Peers } from './peers/peers.ts';
import { createPortListener, type PortListener } from './port-listener.ts';
import type { LocalPort, Ports } from './ports.ts';
import { createProbeLoop } from './probe-loop.ts';
import { createProxyDial, type ProxyDial } from './proxy-dial.ts';
import type { Unproven } from './unproven.ts';
import { closeConnector, dialOrigin, hasPort, localPortOf, type Way } from './way.ts';

export interface Tunnel extends ProxyDial, Pick<PortListener, 'traffic' | 'cut'> {
  readonly id: ClusterId;
  state(): TunnelState;
  /** Returns the address on which clients reach it, once it has been opened. Undefined if the API is reached directly. */
  localPort(): LocalPort | undefined;
  /** Returns the connector in use. */
  connector(): ConnectorKind;
  /**
   * Opens the tunnel, or tries again after a failure. Resolves with the state after the first attempt, or after the next
   * one if it waits for that. With `persist`, a first failure that may be temporary is retried.
   */
  open(options: { readonly interactive: boolean; readonly persist: boolean }): Promise<TunnelState>;
  /** Probes now, over a new connection: after sleep, or a failure that another part noticed. */
  wake(): void;
  /** Refreshes the state soon: a window became visible. */
  catchUp(): void;
  /**
   * Listens on the port without opening the tunnel: the first connection calls `onDemand`. Rejects with `port-busy` or
   * `port-failed`.
   */
  standBy(): Promise<void>;
  /** Sets the connector and server for the next opening. An open tunnel stays as it is. */
  follow(way: Way): void;
  /** Resolves with false if it was opened again meanwhile. With `listening`, the port keeps listening. */
  close(options?: { readonly listening?: boolean }): Promise<boolean>;
}

/** Creates one tunnel: its port, its connector and the one loop that decides its state. */
export function createTunnel(options: {
  readonly id: ClusterId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ports: Ports;
  readonly pace: Pace;
  readonly way: Way;
  /**
   * Called when an authenticated client finds the tunnel closed or opening. Opens it, and resolves when it is open. The
   * client gets the error that this rejects with, or the error of the dial if this opened nothing.
   */
  readonly onDemand: () => Promise<void>;
  readonly onChange: () => void;
  readonly peers: Peers;
  readonly unproven: Unproven;
  /** Called when a client of the port is rejected. See `openGateway`. */
  readonly onRefused: (port: number, refusal: Refusal) => Promise<void>;
  readonly onClientFailed?: ((client: FailedClient) => Promise<void>) | undefined;
  /** See `openGateway`. */
  readonly closedBy?: Parameters<typeof openGateway>[0]['closedBy'];
  /** The port was in use: the cluster now listens on another one, with a new password. */
  readonly onMoved: (ports: { readonly from: number; readonly to: number }) => void;
}): Tunnel {
  const { id, clock, logger, ports, pace, peers, unproven } = options;
  const { onDemand, onChange, onRefused, onMoved } = options;
  let { way } = options;
  let state: TunnelState = { status: 'idle' };
  let stop: AbortController | undefined;
  let loop: Promise<void> | undefined;
  let settle: ((state: TunnelState) => void) | undefined;
  let opening: Promise<TunnelState> | undefined;
  /** The callers that started the next attempt early, and wait for its result. */
  const nextTry: ((state: TunnelState) => void)[] = [];
  let closing: { readonly done: Promise<boolean>; readonly listening: boolean } | undefined;
  let reopened = false;

  const apply = (event: TunnelEvent) => {
    const before = state;
    state = nextState(state, event);
    if (state === before) return;
    if (state.status !== before.status) logger.info('Tunnel', { cluster: id, status: state.status });
    onChange();
  };
  /** Makes the tunnel fail at once. */
  const applyFailure = (error: unknown, stage: 'edge' | 'access', persist: boolean) => {
    const at = clock.now();
    const failure = failureFrom(error, stage);
    apply({ kind: 'probe-failed', at, failure, attempt: probes.attempts(), retryAt: at, persist });
  };
  /** Reports the result of an attempt to the callers that wait for it. */
  const settleWaiting = () => {
    for (const resolve of nextTry.splice(0)) resolve(state);
    settle?.(state);
    settle = undefined;
  };
  const untilDone = (work: Promise<unknown>, signal: AbortSignal) =>
    abortable(work, signal, { reason: () => signal.reason });

  const standBy = async () => void (hasPort(way) && (await listener.standBy()));

  const probes = createProbeLoop({
    clock,
    pace,
    way: () => way,
    state: () => state,
    apply,
    dial: (signal, passed, limitMs) => dialOrigin({ way, clock, signal, limitMs, passed }),
    standBy,
    onProbed: settleWaiting,
  });

  const clients = createClientDial({
    clock,
    dial: (signal) => dialOrigin({ way, clock, signal }),
    async ready(signal) {
      if (closing !== undefined) await untilDone(closing.done, signal);
      if (loop === undefined || opening !== undefined) await untilDone(onDemand(), signal);
    },
    // The next probe would find the same.
    async onSessionEnded(error, signal) {
      if (loop === undefined || opening !== undefined) return;
      applyFailure(error, 'access', true);
      stop?.abort();
      await untilDone(loop, signal);
    },
    slowMs: probes.slowMs,
    onSlow: probes.onDialTrouble,
    onReached: probes.onReached,
    onDropped: probes.onTrouble,
    mayPrepare: () => state.status === 'connected' && way.origin !== 'https',
  });

  const listener = createPortListener({
    id,
    logger,
    ports,
    onMoved,
    open: (port, credentials) =>
      openGateway({
        port,
        get credentials() {
          return credentials();
        },
        get target() {
          return way.server.target;
        },
        peers,
        unproven,
        dial: clients.dial,
        settle: clients.settle,
        onServed: probes.onServed,
        onTrouble: probes.onDialTrouble,
        onRefused: (refusal) => onRefused(port, refusal),
        onFailed: options.onClientFailed,
        closedBy: options.closedBy,
      }),
  });

  const end = async (listening: boolean): Promise<void> => {
    apply({ kind: 'close', at: clock.now() });
    stop?.abort();
    probes.cancel();
    await loop;
    probes.discard();
    clients.close();
    await closeConnector(way, logger, id);
    await listener.close({ listening });
    apply({ kind: 'closed' });
  };

  return {
    id,
    state: () => state,
    localPort: () => localPortOf({ way, id, ports, isListening: listener.hasListened() }),
    connector: () => way.connector.kind(),
    traffic: listener.traffic,
    cut: listener.cut,
    ...createProxyDial({ clients, probes, server: () => way.server }),
    open(how) {
      if (closing !== undefined) {
        reopened = true;
        return closing.done.then(() => this.open(how));
      }
      if (opening !== undefined) return opening;
      if (loop !== undefined) {
        probes.again();
        if (state.status !== 'reconnecting') return Promise.resolve(state);
        return new Promise((resolve) => nextTry.push(resolve));
      }
      probes.reset();
      apply({ kind: 'open', at: clock.now() });
      way.connector.watch?.(probes.onTrouble);
      const controller = new AbortController();
      stop = controller;
      opening = new Promise((resolve) => {
        settle = resolve;
      });
      void opening.then(() => {
        opening = undefined;
      });
      loop = probes
        .run(controller.signal, how)
        .catch((error: unknown) => {
          logger.error('A tunnel ended unexpectedly', { cluster: id, error: String(error) });
          applyFailure(error, 'edge', false);
        })
        .finally(() => {
          loop = undefined;
          probes.discard();
          // Closing the tunnel waits for its connector. Nobody waits for a tunnel that failed.
          if (state.status === 'failed') void closeConnector(way, logger, id);
          settleWaiting();
        });
      return opening;
    },
    wake() {
      clients.discard();
      probes.wake();
    },
    catchUp: probes.catchUp,
    async standBy() {
      await closing?.done;
      await standBy();
    },
    follow(next) {
      if (loop !== undefined) return;
      void closeConnector(way, logger, id);
      way = next;
    },
    close({ listening = false } = {}) {
      reopened = false;
      if (closing?.listening === true && !listening) return closing.done.then(() => this.close());
      closing ??= {
        listening,
        done: end(listening).then(() => {
          closing = undefined;
          return !reopened;
        }),
      };
      return closing.done;
    },
  };
}
