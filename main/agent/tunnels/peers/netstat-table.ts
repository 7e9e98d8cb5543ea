import { win32 } from 'node:path';
import type { Environment } from '../../parts.ts';
import type { ProgramOutput } from '../../processes/program-output.ts';
import { type Peer, type PeerTable, printableName } from './peer-table.ts';

interface Row {
  readonly local: string;
  readonly remote: string;
  readonly pid: number;
}

/**
 * Windows: `netstat` lists the process of each connection, `tasklist` the processes of this account. Both are run from
 * the system's folder, not from PATH.
 */
export function netstatTable(options: {
  readonly env: Environment;
  readonly user: string;
  readonly run: ProgramOutput;
}): PeerTable {
  const { env, user, run } = options;
  const program = (name: string) => win32.join(env.SystemRoot ?? 'C:\\Windows', 'System32', name);
  const account = env.USERDOMAIN === undefined ? user : `${env.USERDOMAIN}\\${user}`;
  const rows = async () => parseNetstat(await run(program('netstat.exe'), ['-ano']));
  const ownProcesses = async () =>
    parseTasklist(await run(program('tasklist.exe'), ['/FI', `USERNAME eq ${account}`, '/FO', 'CSV', '/NH']));
  const peer = (pid: number, own: ReadonlyMap<number, string>): Peer => {
    const name = own.get(pid);
    return name === undefined
      ? { kind: 'other', id: 'other', account: async () => `that runs process ${pid}` }
      : { kind: 'own', process: async () => ({ pid, name: printableName(name) }) };
  };
  return {
    async peersOf(connections) {
      const table = new Map((await rows()).map(({ local, remote, pid }) => [`${local} ${remote}`, pid]));
      // Read this after the connections: a process id could belong to another process by now only if its connection had
      // ended.
      const own = await ownProcesses();
      return new Map(
        connections.flatMap((connection) => {
          const { address, clientPort, port } = connection;
          const pid = table.get(`${address}:${clientPort} 127.0.0.1:${port}`);
          // Process 0 owns connections that have ended.
          return pid === undefined || pid === 0 ? [] : [[connection, peer(pid, own)] as const];
        }),
      );
    },
    async listenerOf(port) {
      const addresses = [`127.0.0.1:${port}`, `0.0.0.0:${port}`];
      const row = (await rows()).find(
        ({ local, remote }) => addresses.includes(local) && remote === '0.0.0.0:0',
      );
      return row && peer(row.pid, await ownProcesses());
    },
    close: async () => {},
  };
}

/** Parses the rows of `netstat -ano`. Its states and headings are in the system's language, so they are not read. */
function parseNetstat(output: string): readonly Row[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [protocol, local, remote, ...rest] = line.trim().split(/\s+/);
    const pid = Number(rest.at(-1));
    if (protocol !== 'TCP' || local === undefined || remote === undefined || !Number.isInteger(pid))
      return [];
    const bare = (address: string) => address.replace(/^\[::ffff:([\d.]+)\]/, '$1');
    return [{ local: bare(local), remote: bare(remote), pid }];
  });
}

/** Parses `tasklist /FO CSV /NH` into names by process. It prints a sentence instead of rows if there are none. */
export function parseTasklist(output: string): ReadonlyMap<number, string> {
  const rows = output.matchAll(/^"([^"]*)","(\d+)",/gm);
  return new Map([...rows].map(([, name = '', pid]) => [Number(pid), name]));
}
