import type { Duplex } from 'node:stream';
import type { ConnectorKind } from '../../model/connector-kind.ts';
import type { Stage } from '../../model/tunnel-state.ts';

/** Called when a new connection has passed a stage. */
export type Passed = (stage: Stage) => void;

/**
 * Opens connections to the origin behind one Access application. One per tunnel, any number of connections.
 * Both calls reject with an `access-…`, `edge-failed`, `origin-failed`, `connector-…`, `network-…`,
 * `timeout` or `cancelled` code.
 */
export interface Connector {
  /** Returns the connector that is in use now. */
  kind(): ConnectorKind;
  /**
   * Makes sure that credentials are available. May ask the user to log in if `interactive`, and then calls `onLogin`.
   */
  prepare(options: {
    readonly interactive: boolean;
    readonly signal: AbortSignal;
    readonly onLogin: () => void;
  }): Promise<void>;
  /** Opens one connection. Never asks the user. */
  dial(options: { readonly signal: AbortSignal; readonly passed?: Passed | undefined }): Promise<Duplex>;
  /** Calls `lost` when the connector's process has ended unexpectedly. */
  watch?(lost: () => void): void;
  /** Stops whatever the connector keeps running. The next connection starts it again. */
  close?(): Promise<void>;
}
