import { readSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, readlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { errnoOf } from '../../../model/app-error.ts';
import {
  type Connection,
  type Peer,
  type PeerTable,
  printableName,
  type RunningProcess,
} from './peer-table.ts';

const listening = '0A';

/** One row: the account that created the socket, and its inode, which is 0 once no process holds it. */
interface Row {
  readonly uid: number;
  readonly inode: string;
}

/**
 * Linux: reads `/proc/net/tcp` and `tcp6` (Documentation/networking/proc_net_tcp.rst). A client with an IPv6 socket, as
 * Java's are, is in the latter.
 * Rejects if there is no such file.
 */
export async function openProcTable({ uid }: { readonly uid: number }): Promise<PeerTable> {
  // Keep the files open, so that accounts can be determined even when the limit of open files is reached.
  const files = await openFiles();
  const peer = ({ uid: owner, inode }: Row): Peer =>
    owner === uid
      ? { kind: 'own', process: () => processHolding(inode) }
      : { kind: 'other', id: String(owner), account: () => accountName(owner) };

  return {
    async peersOf(connections) {
      const keys = (family: Family) =>
        new Map(connections.map((connection) => [connectionKey(connection, family), connection]));
      const peers = new Map<Connection, Peer>();
      for (const [connection, row] of await findRows(files, keys)) {
        // A socket that no process holds any more shows uid 0, whatever account created it.
        if (row.inode !== '0') peers.set(connection, peer(row));
      }
      return peers;
    },
    async listenerOf(port) {
      // Two readers of one open file would reset each other to its start.
      const own = await openFiles();
      try {
        const keys = (family: Family) => new Map(listenerKeys(port, family).map((key) => [key, port]));
        const row = (await findRows(own, keys, listening)).get(port);
        return row && peer(row);
      } finally {
        await closeFiles(own);
      }
    },
    close: () => closeFiles(files),
  };
}

type Family = 4 | 6;
type Files = ReadonlyMap<Family, FileHandle>;

async function openFiles(): Promise<Files> {
  const files = new Map<Family, FileHandle>([[4, await open('/proc/net/tcp', 'r')]]);
  try {
    files.set(6, await open('/proc/net/tcp6', 'r'));
  } catch (error) {
    // A kernel without IPv6 has no such file.
    if (errnoOf(error) !== 'ENOENT') {
      await closeFiles(files);
      throw error;
    }
  }
  return files;
}

async function closeFiles(files: Files): Promise<void> {
  for (const file of files.values()) await file.close();
}

/** Finds rows by their first columns, and looks in the second file for those that are not in the first. */
async function findRows<K>(
  files: Files,
  keys: (family: Family) => ReadonlyMap<string, K>,
  state?: string,
): Promise<ReadonlyMap<K, Row>> {
  const found = new Map<K, Row>();
  for (const [family, file] of files) {
    const missing = new Map([...keys(family)].filter(([, key]) => !found.has(key)));
    if (missing.size > 0) for (const [key, row] of await readRows(file, missing, state)) found.set(key, row);
  }
  return found;
}

/** Shared by all reads, which are not awaited. The kernel returns 4 KB at a time. */
const piece = Buffer.alloc(16 * 1024);
/**
 * How long to read for a few connections before other work gets a turn. Not for many: during a flood each turn of the
 * event loop takes long, and the oldest connections are closed meanwhile.
 */
const slice = { ms: 3, mostWanted: 16 } as const;

/**
 * Finds the rows with the given local and remote addresses. Reads the file in pieces, because any account can make it
 * long, and only as far as needed. The kernel may return less than was asked for: only an empty read is the end.
 */
async function readRows<K>(
  file: FileHandle,
  wanted: ReadonlyMap<string, K>,
  state?: string,
): Promise<Map<K, Row>> {
  const found = new Map<K, Row>();
  const lengths = [...new Set([...wanted.keys()].map((key) => key.length))];
  const missing = new Set(wanted.values());
  const keyAt = (text: string, start: number): K | undefined => {
    for (const length of lengths) {
      const key = wanted.get(text.slice(start, start + length));
      if (key !== undefined) return key;
    }
    return undefined;
  };
  let rest = '';
  let position = 0;
  let since = performance.now();
  for (;;) {
    if (wanted.size < slice.mostWanted && performance.now() - since > slice.ms) {
      await turn();
      since = performance.now();
    }
    const bytesRead = readSync(file.fd, piece, 0, piece.length, position);
    if (bytesRead === 0) return found;
    position += bytesRead;
    const text = rest + piece.toString('latin1', 0, bytesRead);
    let at = 0;
    // Not split into lines: a busy computer has thousands, and nearly all of them are of others.
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      const start = text.indexOf(': ', at) + 2;
      at = end + 1;
      const key = start < end ? keyAt(text, start) : undefined;
      if (key === undefined) continue;
      // Local, remote, state, queues, timer, retransmits, uid, timeout, inode.
      const columns = text.slice(start, end).split(/\s+/);
      if (state !== undefined && columns[2] !== state) continue;
      found.set(key, { uid: Number(columns[6]), inode: columns[8] ?? '0' });
      missing.delete(key);
      if (missing.size === 0) return found;
    }
    rest = text.slice(at);
  }
}

/** Builds the key of the client's row: its own address comes first. */
function connectionKey({ address, clientPort, port }: Connection, family: Family): string {
  return `${addressHex(address, family)}:${portHex(clientPort)} ${addressHex('127.0.0.1', family)}:${portHex(port)}`;
}

function listenerKeys(port: number, family: Family): readonly string[] {
  const any = '0'.repeat(family === 4 ? 8 : 32);
  return [addressHex('127.0.0.1', family), any].map((address) => `${address}:${portHex(port)} `);
}

/**
 * Formats each 32-bit word of the address as a number in this machine's byte order. IPv4 within IPv6 is
 * `::ffff:a.b.c.d`.
 */
function addressHex(address: string, family: Family): string {
  const bytes = Buffer.from(address.split('.').map(Number));
  const isLittle = endianness() === 'LE';
  const word = hex(isLittle ? bytes.readUInt32LE() : bytes.readUInt32BE(), 8);
  return family === 4 ? word : `${'0'.repeat(16)}${isLittle ? 'FFFF0000' : '0000FFFF'}${word}`;
}

function portHex(port: number): string {
  return hex(port, 4);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

/** Finds the program that holds a socket, among those that this account may inspect. */
async function processHolding(inode: string): Promise<RunningProcess | undefined> {
  const link = `socket:[${inode}]`;
  // Start with the newest: most clients have only just been started.
  for (const pid of (await readdir('/proc').catch(() => [])).toReversed()) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if ((await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')) !== link) continue;
      // Not `comm`, which is the name of the main thread and the same for every Node program.
      const file = await readlink(`/proc/${pid}/exe`).catch(() => 'unknown program');
      return { pid: Number(pid), name: printableName(path.basename(file)) };
    }
  }
  return undefined;
}

/** Returns the name in the local list of accounts, else the number. */
async function accountName(uid: number): Promise<string> {
  const list = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = list.split('\n').map((line) => line.split(':'));
  const name = fields.find(([, , number]) => number === String(uid))?.[0];
  return name === undefined ? `uid ${uid}` : printableName(name);
}
