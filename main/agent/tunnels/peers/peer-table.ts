/** A client's connection to one of our ports on 127.0.0.1, as the accepted socket shows it. */
export interface Connection {
  /** IPv4, always of the loopback network. */
  readonly address: string;
  /** The client's own port. */
  readonly clientPort: number;
  /** Our port. */
  readonly port: number;
}

/** A running program. `name` holds printable ASCII only. */
export interface RunningProcess {
  readonly pid: number;
  readonly name: string;
}

/** The process at the other end of a connection, or the one that listens on a port. */
export type Peer =
  | {
      /** The account that this agent runs as. */
      readonly kind: 'own';
      /** Finds the program. Resolves with undefined if it has ended. Slow: it walks the running processes. */
      readonly process: () => Promise<RunningProcess | undefined>;
    }
  | {
      readonly kind: 'other';
      /** Identifies the account. */
      readonly id: string;
      /** Resolves with the account's name, or with what is known of it. */
      readonly account: () => Promise<string>;
    };

/** The operating system's table of TCP connections. */
export interface PeerTable {
  /**
   * Resolves with the peers of the connections that are in the table. A missing connection has ended, or the table
   * cannot tell. Reads the table once for each call. Rejects if it cannot be read.
   */
  peersOf(connections: readonly Connection[]): Promise<ReadonlyMap<Connection, Peer>>;
  /**
   * Resolves with the process that listens on a port of 127.0.0.1, if the table shows it. Rejects if the table cannot
   * be read.
   */
  listenerOf(port: number): Promise<Peer | undefined>;
  close(): Promise<void>;
}

/** Makes a name that another program chose safe for a terminal and a log. */
export function printableName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
}
