import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { ConnectorKind } from '../../model/connector-kind.ts';
import type { TunnelState } from '../../model/tunnel-state.ts';
import type { Clock, Logger } from '../parts.ts';
import { backOffGraceMs, backOffMs } from './back-off.ts';
import type { FailedClient } from './client-failures.ts';
import type { Passed } from './connector.ts';
import { failureFrom } from './failure.ts';
import { type Gateway, openGateway, type Refusal } from './gateway.ts';
import { nextState, type TunnelEvent } from './next-state.ts';
import type { Pace } from './pace.ts';
import type { Peers } from './peers/peers.ts';
import type { Place, Ports } from './ports.ts';
import { createProber } from './prober.ts';
import { type Dial, withSpare } from './spare.ts';
import type { Unproven } from './unproven.ts';
import { dialOrigin, orAborted, type Way } from './way.ts';

/** Busy clients end many connections: that alone is no reason to probe more often than this. */
const troubleEveryMs = 1_000;
/** Opening one connection, all the way to the origin. */
const dialTimeoutMs = 8_000;
/**
 * Of a tunnel that is up it is known how long a connection takes. One that takes this many times longer has failed; a
 * client's is looked into earlier. Never below the least time.
 */
const failedAfter = { times: 4, leastMs: 1_500 } as const;
const slowAfter = { times: 2, leastMs: 500 } as const;
/**
 * Over a kept connection no token is needed. It is renewed, and the end of its session noticed, this often, since that
 * reads files; a client that connects needs one at once.
 */
const prepareEveryMs = 300_000;
/** Ports tried before giving up. */
const portAttempts = 20;

export interface Tunnel {
  readonly id: ClusterId;
  state(): TunnelState;
  /** Where it listens, once it has been opened; nowhere where the API is reached directly. */
  place(): Place | undefined;
  /** What carries it. */
  connector(): ConnectorKind;
  traffic(): { readonly connections: number; readonly sent: number; readonly received: number } | undefined;
  /**
   * Opens it, or tries again after a failure; a tunnel that is open stays as it is. Resolves with the state that the
   * first try led to, for one that waits for its next try with the state that this leads to, at once. With `persist` a first failure that may pass is retried like one of a standing tunnel.
   */
  open(options: { readonly interactive: boolean; readonly persist: boolean }): Promise<TunnelState>;
  /** Probes now, over a new connection: after sleep, a change of network, or when something else noticed trouble. */
  wake(): void;
  /** Somebody begins to look: what is shown is to be no older than what is shown of others. */
  catchUp(): void;
  /**
   * Listens on the port without opening anything: the first connection asks `onDemand`. Rejects with `port-busy` where
   * this port and those after it are in use, with `port-failed` where a port cannot be opened for another reason.
   */
  standBy(): Promise<void>;
  /** What leads to the API from the next opening on; an open tunnel stays as it is. */
  follow(way: Way): void;
  /** Resolves with false when it was asked to open again meanwhile. With `listening`, the port stands by. */
  close(options?: { readonly listening?: boolean }): Promise<boolean>;
}

/** One tunnel: its port, its connector and the one loop that decides its state. */
export function createTunnel(options: {
  readonly id: ClusterId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ports: Ports;
  readonly pace: Pace;
  readonly way: Way;
  /**
   * A client has proven itself while the tunnel is closed, or opening: opens it, and resolves when it is open. The client is
   * refused with what it rejects with, or with what dialing meets where it has opened nothing.
   */
  readonly onDemand: () => Promise<void>;
  readonly onChange: () => void;
  readonly peers: Peers;
  readonly unproven: Unproven;
  /** A client of the port is turned away. As for `openGateway`. */
  readonly onRefused: (port: number, refusal: Refusal) => Promise<void>;
  /** As for `openGateway`. */
  readonly onClientFailed?: ((client: FailedClient) => Promise<void>) | undefined;
  /** Its port was in use: it listens on another one, with a new password. */
  readonly onMoved: (ports: { readonly from: number; readonly to: number }) => void;
}): Tunnel {
  const { id, clock, logger, ports, pace, peers, unproven } = options;
  const { onDemand, onChange, onRefused, onMoved } = options;
  let { way } = options;
  let state: TunnelState = { status: 'idle' };
  let isPlaced = false;
  let gateway: Gateway | undefined;
  let spare: ReturnType<typeof withSpare> | undefined;
  let attempts = 0;
  let probedAt = 0;
  let preparedAt = Number.NEGATIVE_INFINITY;
  /** The next probe is to use a new connection. */
  let isFreshWanted = false;
  /** What the probe that runs finds is old already: another follows at once. */
  let isAgainWanted = false;
  /** The probe that runs, to be begun again when it turns out that it looks at what is past. */
  let probing: AbortController | undefined;
  /** It was begun again already: it looks at the network that is. */
  let isBegunAgain = false;
  let cancelLook: (() => void) | undefined;
  let stop: AbortController | undefined;
  let loop: Promise<void> | undefined;
  let settle: ((state: TunnelState) => void) | undefined;
  let opening: Promise<TunnelState> | undefined;
  let pausing: { readonly wakeUp: () => void; readonly catchUp: () => void } | undefined;
  /** Who has it tried now, while it waits for its next try. */
  const nextTry: ((state: TunnelState) => void)[] = [];
  let listening: Promise<void> | undefined;
  let closing: { readonly done: Promise<boolean>; readonly listening: boolean } | undefined;
  let reopened = false;

  const apply = (event: TunnelEvent) => {
    const before = state;
    state = nextState(state, event);
    if (state === before) return;
    if (state.status !== before.status) logger.info('Tunnel', { cluster: id, status: state.status });
    onChange();
  };

  const dial = (signal: AbortSignal, passed?: Passed, limitMs: number = dialTimeoutMs) =>
    dialOrigin({ way, clock, signal, limitMs, passed });

  /** How long a connection may take, by how long the last one took. */
  const limitMs = ({ times, leastMs }: { readonly times: number; readonly leastMs: number }) =>
    state.status === 'connected'
      ? Math.min(dialTimeoutMs, Math.max(leastMs, times * state.probe.totalMs))
      : dialTimeoutMs;

  const lookNow = () => {
    if (pausing === undefined) isAgainWanted = true;
    else pausing.wakeUp();
  };
  /** Probes at once, but no more often than clients can be trusted to bring news. */
  const lookSoon = () => {
    const waitsMs = probedAt + troubleEveryMs - clock.now();
    // A clock that was set back must not hold it up.
    cancelLook ??= clock.timer(Math.min(Math.max(0, waitsMs), troubleEveryMs), () => {
      cancelLook = undefined;
      lookNow();
    });
  };

  /**
   * A connection broke or just ended, which may be the edge gone: look soon. Only for a tunnel that is up: one that is
   * being reconnected has its own pace, whatever kubectl tries meanwhile.
   */
  const onTrouble = () => {
    if (state.status === 'connected' || state.status === 'degraded') lookSoon();
  };
  /** A new connection failed, or takes too long: that old ones live says nothing of it. */
  const onDialTrouble = () => {
    isFreshWanted = true;
    onTrouble();
  };

  /** A client got through. A probe that waits for its turn, or still for the network that was, begins again. */
  const onReached = () => {
    if (state.status !== 'reconnecting' && state.status !== 'degraded') return;
    if (probing !== undefined && !isBegunAgain && clock.now() > probedAt + troubleEveryMs) {
      isBegunAgain = true;
      probing.abort();
    } else lookSoon();
  };
  /** A connection carried something: what failed before is over. */
  const onServed = () => {
    attempts = 0;
    onReached();
  };

  const dialForClient: Dial = async (signal) => {
    const cancel = clock.timer(limitMs(slowAfter), onDialTrouble);
    try {
      const stream = await dial(signal);
      // What fails between two owners must find somebody who listens.
      stream.once('dropped', onTrouble).on('error', () => {});
      onReached();
      return stream;
    } finally {
      cancel();
    }
  };

  const prober = createProber({
    clock,
    server: () => way.server,
    dial,
    inTurn: pace.inTurn,
    onLost: onTrouble,
  });

  /**
   * A connection that finds the tunnel closed, or opening still, waits until it is open; and so does the first one that
   * finds the session ended, as those do that come after it.
   */
  const dialOpen: Dial = async (signal) => {
    for (let isAgain = false; ; isAgain = true) {
      if (closing !== undefined) await orAborted(closing.done, signal);
      if (loop === undefined || opening !== undefined) await orAborted(onDemand(), signal);
      spare ??= withSpare({
        clock,
        dial: dialForClient,
        onDropped: onTrouble,
        mayPrepare: () => state.status === 'connected',
      });
      try {
        return await spare.dial(signal);
      } catch (error) {
        const isEnded = error instanceof AppError && error.code === 'access-login-needed';
        if (!isEnded || isAgain || signal.aborted) throw error;
        if (loop !== undefined && opening === undefined) await orAborted(endWith(error, loop), signal);
      }
    }
  };

  /** The tunnel has failed, as its next probe would find. */
  const endWith = async (error: AppError, running: Promise<void>): Promise<void> => {
    const at = clock.now();
    const failure = failureFrom(error, 'access');
    apply({ kind: 'probe-failed', at, failure, attempt: attempts, retryAt: at, persist: true });
    stop?.abort();
    await running;
  };

  const listen = async (): Promise<void> => {
    let place = await ports.place(id);
    const first = place.port;
    for (let tries = 1; gateway === undefined; tries++) {
      const { port } = place;
      try {
        gateway = await openGateway({
          port,
          get credentials() {
            return ports.known(id)?.credentials ?? place.credentials;
          },
          get target() {
            return way.server.target;
          },
          peers,
          unproven,
          dial: dialOpen,
          settle: async (remote, client, onSent) => spare?.settle(remote, client, onSent) ?? remote,
          onServed,
          onTrouble: onDialTrouble,
          onRefused: (refusal) => onRefused(port, refusal),
          onFailed: options.onClientFailed,
        });
      } catch (error) {
        // Only where another program listens there: a password that changes for any other reason helps nobody.
        if (!(error instanceof AppError) || error.code !== 'port-busy' || tries === portAttempts) throw error;
        logger.warn('The port is in use; trying the next one', { cluster: id, port });
        place = await ports.move(id, port);
      }
    }
    isPlaced = true;
    if (place.port !== first) onMoved({ from: first, to: place.port });
  };

  /** One try. True when the loop is to go on. */
  const step = async (
    signal: AbortSignal,
    how: { interactive: boolean; persist: boolean },
  ): Promise<boolean> => {
    const failed = (failure: ReturnType<typeof failureFrom>) => {
      attempts += 1;
      const at = clock.now();
      apply({
        kind: 'probe-failed',
        at,
        failure,
        attempt: attempts,
        retryAt: at + pace.retryMs(backOffMs(attempts)),
        persist: how.persist,
      });
      return state.status !== 'failed';
    };
    const isFresh = isFreshWanted;
    isFreshWanted = false;
    isAgainWanted = false;
    probedAt = clock.now();
    try {
      await standBy();
      if (isFresh || state.status !== 'connected' || Math.abs(probedAt - preparedAt) >= prepareEveryMs) {
        await way.connector.prepare({
          interactive: how.interactive,
          signal,
          onLogin: () => apply({ kind: 'login-started', at: clock.now() }),
        });
        preparedAt = clock.now();
      }
    } catch (error) {
      return signal.aborted ? false : failed(failureFrom(error, 'edge'));
    }
    apply({ kind: 'login-finished', at: clock.now() });
    probedAt = clock.now();
    const attempt = new AbortController();
    probing = attempt;
    const end = () => attempt.abort();
    signal.addEventListener('abort', end, { once: true });
    const result = await prober.probe({ signal: attempt.signal, isFresh, limitMs: limitMs(failedAfter) });
    signal.removeEventListener('abort', end);
    probing = undefined;
    if (!attempt.signal.aborted) isBegunAgain = false;
    if (signal.aborted) return false;
    if (!result.ok) return attempt.signal.aborted ? step(signal, how) : failed(result.failure);
    if (state.status === 'connected' && clock.now() - state.since > backOffGraceMs) attempts = 0;
    apply({ kind: 'probe-passed', at: clock.now(), probe: result.probe });
    return true;
  };

  const run = async (signal: AbortSignal, how: { interactive: boolean; persist: boolean }): Promise<void> => {
    let first = true;
    while (!signal.aborted) {
      // Only the person's own request may open a browser; what follows by itself never does.
      const goOn = await step(signal, {
        interactive: first && how.interactive,
        persist: how.persist || !first,
      });
      const isFirst = first;
      first = false;
      // Who waits for the first try is told of a failure when the loop has ended: opening again must find it so.
      if (!goOn || signal.aborted) return;
      for (const resolve of nextTry.splice(0)) resolve(state);
      settle?.(state);
      settle = undefined;
      if (!isAgainWanted) await pause(signal, isFirst ? 'first' : 'usual');
    }
  };

  const pause = (signal: AbortSignal, turn: 'first' | 'usual') =>
    new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        pausing = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      let cancel = pace.next(state, turn, done);
      const catchUp = () => {
        cancel();
        cancel = pace.next(state, 'catch-up', done);
      };
      pausing = { wakeUp: done, catchUp };
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });

  /** Never rejects: a connector that does not close must not keep the tunnel from it. */
  const closeConnector = async (): Promise<void> => {
    try {
      await way.connector.close?.();
    } catch (error) {
      logger.warn('A connector did not close', { cluster: id, error: String(error) });
    }
  };

  const standBy = async (): Promise<void> => {
    if (gateway !== undefined || way.connector.kind() === 'direct') return;
    listening ??= listen().finally(() => {
      listening = undefined;
    });
    await listening;
  };

  const end = async (isListening: boolean): Promise<void> => {
    apply({ kind: 'close', at: clock.now() });
    stop?.abort();
    cancelLook?.();
    cancelLook = undefined;
    await loop;
    prober.discard();
    spare?.close();
    spare = undefined;
    await closeConnector();
    await listening?.catch(() => {});
    if (isListening) gateway?.cut();
    else {
      await gateway?.close();
      gateway = undefined;
    }
    apply({ kind: 'closed' });
  };

  return {
    id,
    state: () => state,
    place: () => (way.connector.kind() === 'direct' || !isPlaced ? undefined : ports.known(id)),
    connector: () => way.connector.kind(),
    traffic: () => gateway?.traffic(),
    open(how) {
      if (closing !== undefined) {
        reopened = true;
        return closing.done.then(() => this.open(how));
      }
      if (opening !== undefined) return opening;
      if (loop !== undefined) {
        const next =
          state.status === 'reconnecting'
            ? new Promise<TunnelState>((resolve) => nextTry.push(resolve))
            : Promise.resolve(state);
        isFreshWanted = true;
        pausing?.wakeUp();
        return next;
      }
      attempts = 0;
      preparedAt = Number.NEGATIVE_INFINITY;
      apply({ kind: 'open', at: clock.now() });
      way.connector.watch?.(onTrouble);
      const controller = new AbortController();
      stop = controller;
      opening = new Promise((resolve) => {
        settle = resolve;
      });
      void opening.then(() => {
        opening = undefined;
      });
      const failed = (error: unknown) => {
        logger.error('A tunnel ended unexpectedly', { cluster: id, error: String(error) });
        const at = clock.now();
        const failure = failureFrom(error, 'edge');
        apply({ kind: 'probe-failed', at, failure, attempt: attempts, retryAt: at, persist: false });
      };
      loop = run(controller.signal, how)
        .catch(failed)
        .finally(() => {
          loop = undefined;
          prober.discard();
          // Closing waits for it; one that failed has nobody to wait.
          if (state.status === 'failed') void closeConnector();
          for (const resolve of nextTry.splice(0)) resolve(state);
          settle?.(state);
          settle = undefined;
        });
      return opening;
    },
    wake() {
      spare?.discard();
      prober.discard();
      isFreshWanted = true;
      lookNow();
      // One that runs goes over the network that was.
      probing?.abort();
    },
    catchUp: () => pausing?.catchUp(),
    async standBy() {
      await closing?.done;
      await standBy();
    },
    follow(next) {
      if (loop !== undefined) return;
      void closeConnector();
      way = next;
    },
    close({ listening: isListening = false } = {}) {
      reopened = false;
      if (closing?.listening === true && !isListening) return closing.done.then(() => this.close());
      closing ??= {
        listening: isListening,
        done: end(isListening).then(() => {
          closing = undefined;
          return !reopened;
        }),
      };
      return closing.done;
    },
  };
}
