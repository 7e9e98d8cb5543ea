import { createHash, randomInt } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import type { ClusterId } from '../../model/cluster.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import type { ProxyCredentials } from './admission.ts';

/** Below the systems' ephemeral ranges (Linux from 32768, macOS and Windows from 49152). */
const firstPort = 20_000;
const lastPort = 31_999;

const portSchema = z.object({
  port: z.number().int().min(firstPort).max(lastPort),
  user: z.string(),
  password: z.string(),
});

export interface LocalPort {
  readonly port: number;
  readonly credentials: ProxyCredentials;
}

export interface Ports {
  /** Resolves with the cluster's port and password: the stored ones, or a port derived from its id. */
  assign(id: ClusterId): Promise<LocalPort>;
  /** Returns the port and password of a cluster that has one. */
  known(id: ClusterId): LocalPort | undefined;
  /**
   * Sets a new password for the same port, if the cluster has one. It takes effect immediately, even while the port is
   * open. Rejects as writing a file does; the old password then stays valid.
   */
  rotate(id: ClusterId): Promise<LocalPort | undefined>;
  /**
   * Returns the next port after one that is in use, or after the end of a block that is. Replaces the password too: every kubectl whose kubeconfig still
   * names the old port would send the old password to the other program.
   */
  move(id: ClusterId, taken: number): Promise<LocalPort>;
}

export async function createPorts(options: {
  readonly folder: string;
  readonly logger: Logger;
  /**
   * True to replace every password at the start. A program that listened on a port while no agent ran may know its
   * password.
   */
  readonly renew: boolean;
}): Promise<Ports> {
  const { folder, logger, renew } = options;
  const file = jsonFile({
    file: path.join(folder, 'ports.json'),
    version: 1,
    schema: z.record(z.string(), portSchema),
    onUnreadable: (name, reason) => logger.warn('Ports are derived again', { file: name, reason }),
  });
  const stored = new Map(Object.entries((await file.read()) ?? {}));
  if (renew && stored.size > 0) {
    for (const [id, local] of stored) stored.set(id, { ...local, password: randomPassword() });
    // If this fails, the next start still replaces them.
    await file
      .write(Object.fromEntries(stored))
      .catch((error: unknown) => logger.warn('Passwords are not saved', { error: String(error) }));
  }

  const remember = async (id: ClusterId, port: number): Promise<LocalPort> => {
    const before = stored.get(id);
    stored.set(id, { port, user: 'k8s-tunnels', password: randomPassword() });
    try {
      await file.write(Object.fromEntries(stored));
    } catch (error) {
      if (before === undefined) stored.delete(id);
      else stored.set(id, before);
      throw error;
    }
    return view(id);
  };
  const view = (id: ClusterId): LocalPort => {
    const { port, user, password } = portSchema.parse(stored.get(id));
    return { port, credentials: { user, password } };
  };
  const firstFree = (from: number): number => {
    const used = new Set([...stored.values()].map(({ port }) => port));
    let port = from;
    while (used.has(port)) port = port === lastPort ? firstPort : port + 1;
    return port;
  };

  return {
    known: (id) => (stored.has(id) ? view(id) : undefined),
    async rotate(id) {
      const local = stored.get(id);
      return local === undefined ? undefined : remember(id, local.port);
    },
    assign: async (id) => (stored.has(id) ? view(id) : remember(id, firstFree(derivedPort(id)))),
    move: (id, taken) => remember(id, firstFree(taken >= lastPort ? firstPort : taken + 1)),
  };
}

/** Returns the name under which the port of a cluster's local TLS proxy is stored: derived as the tunnel's own port is. */
export function tlsPortId(id: ClusterId): ClusterId {
  return `${id}#tls` as ClusterId;
}

/** Returns the same port for an id on every machine, every day. */
export function derivedPort(id: ClusterId): number {
  return firstPort + (createHash('sha256').update(id).digest().readUInt32BE(0) % (lastPort - firstPort + 1));
}

/** Uses letters and digits only: kubectl parses the password out of a URL. About 238 bits. */
function randomPassword(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 40 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
