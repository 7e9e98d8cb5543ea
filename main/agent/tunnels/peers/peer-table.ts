/** A client's connection to a port of ours on 127.0.0.1, as the accepted socket shows it. */
export interface Connection {
  /** IPv4, always of the loopback network. */
  readonly address: string;
  /** The client's own port. */
  readonly clientPort: number;
  /** The port of ours. */
  readonly port: number;
}

/** A running program. `name` holds printable ASCII only. */
export interface RunningProcess {
  readonly pid: number;
  readonly name: string;
}

/** Who holds the other end of a connection, or listens on a port. */
export type Peer =
  | {
      /** The account that this agent runs as. */
      readonly kind: 'own';
      /** Finds the program; undefined when it has gone. Slow: it looks through the running processes. */
      readonly process: () => Promise<RunningProcess | undefined>;
    }
  | {
      readonly kind: 'other';
      /** Tells accounts apart. */
      readonly id: string;
      /** The account's name, or what is known of it. */
      readonly account: () => Promise<string>;
    };

/** The operating system's table of TCP connections. */
export interface PeerTable {
  /**
   * The peers of those connections that the table holds. A connection that is missing has ended, or the table cannot
   * tell. One call reads the table once. Rejects when it cannot be read.
   */
  peersOf(connections: readonly Connection[]): Promise<ReadonlyMap<Connection, Peer>>;
  /** Who listens on a port of 127.0.0.1, where the table tells. Rejects when it cannot be read. */
  listenerOf(port: number): Promise<Peer | undefined>;
  close(): Promise<void>;
}

/** A name that another program chose, safe for a terminal and a log. */
export function printableName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
}
