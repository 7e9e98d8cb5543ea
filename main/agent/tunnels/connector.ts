import type { Duplex } from 'node:stream';
import type { ConnectorKind } from '../../model/connector-kind.ts';
import type { Stage } from '../../model/tunnel-state.ts';

/** Told when a stage of a new connection is passed. */
export type Passed = (stage: Stage) => void;

/**
 * Opens connections to the origin behind one Access application. One per tunnel, any number of connections.
 * Both calls reject with an `access-…`, `edge-failed`, `origin-failed`, `connector-…`, `network-…`,
 * `timeout` or `cancelled` code.
 */
export interface Connector {
  /** What carries it now. */
  kind(): ConnectorKind;
  /** Sees that credentials are at hand; a person may be asked to log in (`onLogin` is told) when `interactive`. */
  prepare(options: {
    readonly interactive: boolean;
    readonly signal: AbortSignal;
    readonly onLogin: () => void;
  }): Promise<void>;
  /** One connection; never asks a person. */
  dial(options: { readonly signal: AbortSignal; readonly passed?: Passed | undefined }): Promise<Duplex>;
  /** Whom to tell when what carries its connections has ended by itself. */
  watch?(lost: () => void): void;
  /** Ends what it keeps running for its connections; the next one starts it again. */
  close?(): Promise<void>;
}
