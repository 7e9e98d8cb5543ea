import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * Returns who owns the listener on a port of 127.0.0.1, on Linux: `/proc/net/tcp` names the socket's inode,
 * `/proc/PID/fd` the process that holds it.
 */
export async function listenerOwner(pid: number, port: number): Promise<'ours' | 'foreign' | 'nobody'> {
  const inode = listenerInode(await readFile('/proc/net/tcp', 'utf8'), port);
  if (inode === undefined) return 'nobody';
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`) ? 'ours' : 'foreign';
}

/** Columns of `/proc/net/tcp`: slot, local address, remote address, state (0A is LISTEN), …, inode the tenth. */
function listenerInode(table: string, port: number): string | undefined {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find((row) => row[1] === local && row[3] === '0A')?.[9];
}
