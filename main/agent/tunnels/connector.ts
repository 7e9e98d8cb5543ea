import type { Duplex } from 'node:stream';
import type { Stage } from './state.ts';

/** Told when a stage of a new connection is passed. */
export type Passed = (stage: Stage) => void;

/**
 * Opens connections to the origin behind one Access application. One per tunnel, any number of connections.
 * Both calls reject with an `access-…`, `edge-failed`, `origin-failed`, `network-…`, `timeout` or `cancelled` code.
 */
export interface Connector {
  /** Sees that credentials are at hand; a person may be asked to log in (`onLogin` is told) when `interactive`. */
  prepare(options: {
    readonly interactive: boolean;
    readonly signal: AbortSignal;
    readonly onLogin: () => void;
  }): Promise<void>;
  /** One connection; never asks a person. */
  dial(options: { readonly signal: AbortSignal; readonly passed?: Passed | undefined }): Promise<Duplex>;
}
