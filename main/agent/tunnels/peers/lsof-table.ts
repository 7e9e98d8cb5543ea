import type { ProgramOutput } from '../../processes/program-output.ts';
import { type Peer, type PeerTable, printableName } from './peer-table.ts';

/** A socket of this account, as `lsof` names it. */
interface Socket {
  readonly pid: number;
  readonly command: string;
  /** `local->remote`, or only the local address of a listening socket. */
  readonly name: string;
}

/**
 * macOS: `lsof` lists the sockets of this account's own programs. A connection that is not in its list belongs to
 * another account, or has ended.
 */
export function lsofTable(options: {
  readonly uid: number;
  readonly run: ProgramOutput;
  readonly program?: string;
}): PeerTable {
  const { uid, run, program = '/usr/sbin/lsof' } = options;
  const list = async (...more: readonly string[]) =>
    // -a: both of this account and TCP. The exit code is 1 if it finds nothing.
    parseLsof(
      await run(program, ['-nP', '-a', '-u', String(uid), ...more, '-F', 'pcn'], { exitCodes: [0, 1] }),
    );
  const own = ({ pid, command }: Socket): Peer => ({
    kind: 'own',
    process: async () => ({ pid, name: printableName(command) }),
  });
  return {
    async peersOf(connections) {
      const sockets = new Map((await list('-iTCP')).map((socket) => [socket.name, socket]));
      return new Map(
        connections.flatMap((connection) => {
          const { address, clientPort, port } = connection;
          const socket = sockets.get(`${address}:${clientPort}->127.0.0.1:${port}`);
          return socket === undefined ? [] : [[connection, own(socket)] as const];
        }),
      );
    },
    async listenerOf(port) {
      const [socket] = await list(`-iTCP:${port}`, '-sTCP:LISTEN');
      return socket && own(socket);
    },
    close: async () => {},
  };
}

/**
 * Parses the output of `lsof -F pcn`: one field a line, identified by its first letter (lsof(8), OUTPUT FOR OTHER
 * PROGRAMS). A process's fields come before those of its files.
 */
export function parseLsof(output: string): readonly Socket[] {
  const sockets: Socket[] = [];
  let pid = 0;
  let command = '';
  for (const line of output.split('\n')) {
    const value = line.slice(1);
    if (line.startsWith('p')) pid = Number(value);
    else if (line.startsWith('c')) command = value;
    // Some versions write IPv4 within IPv6 as `[::ffff:127.0.0.1]:80`.
    else if (line.startsWith('n'))
      sockets.push({ pid, command, name: value.replaceAll(/\[::ffff:([\d.]+)\]/g, '$1') });
  }
  return sockets;
}
