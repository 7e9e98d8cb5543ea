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

const placeSchema = z.object({
  port: z.number().int().min(firstPort).max(lastPort),
  user: z.string(),
  password: z.string(),
});

export interface Place {
  readonly port: number;
  readonly credentials: ProxyCredentials;
}

export interface Ports {
  /** The cluster's own port and password: remembered, or derived from its id. */
  place(id: ClusterId): Promise<Place>;
  /** The same, of a cluster that has one. */
  known(id: ClusterId): Place | undefined;
  /**
   * A new password on the same port, of a cluster that has one. It counts from now on, also where the port is open.
   * Rejects as writing a file does; the old one then still counts.
   */
  rotate(id: ClusterId): Promise<Place | undefined>;
  /**
   * The next place after one that was found taken. The password changes too: a stranger on the old port would be sent
   * the old one by every kubectl whose kubeconfig still names it.
   */
  move(id: ClusterId, taken: number): Promise<Place>;
}

export async function createPorts(options: {
  readonly folder: string;
  readonly logger: Logger;
  /** Whether every password is replaced now. A stranger who listened on a port while no agent did may know it. */
  readonly renew: boolean;
}): Promise<Ports> {
  const { folder, logger, renew } = options;
  const file = jsonFile({
    file: path.join(folder, 'ports.json'),
    version: 1,
    schema: z.record(z.string(), placeSchema),
    onUnreadable: (name, reason) => logger.warn('Ports are derived anew', { file: name, reason }),
  });
  const places = new Map(Object.entries((await file.read()) ?? {}));
  if (renew && places.size > 0) {
    for (const [id, place] of places) places.set(id, { ...place, password: randomPassword() });
    // Where that fails the next start replaces them all the same.
    await file
      .write(Object.fromEntries(places))
      .catch((error: unknown) => logger.warn('Passwords are not saved', { error: String(error) }));
  }

  const remember = async (id: ClusterId, port: number): Promise<Place> => {
    const before = places.get(id);
    places.set(id, { port, user: 'k8s-tunnels', password: randomPassword() });
    try {
      await file.write(Object.fromEntries(places));
    } catch (error) {
      if (before === undefined) places.delete(id);
      else places.set(id, before);
      throw error;
    }
    return view(id);
  };
  const view = (id: ClusterId): Place => {
    const { port, user, password } = placeSchema.parse(places.get(id));
    return { port, credentials: { user, password } };
  };
  const firstFree = (from: number): number => {
    const used = new Set([...places.values()].map(({ port }) => port));
    let port = from;
    while (used.has(port)) port = port === lastPort ? firstPort : port + 1;
    return port;
  };

  return {
    known: (id) => (places.has(id) ? view(id) : undefined),
    async rotate(id) {
      const place = places.get(id);
      return place === undefined ? undefined : remember(id, place.port);
    },
    place: async (id) => (places.has(id) ? view(id) : remember(id, firstFree(derivedPort(id)))),
    move: (id, taken) => remember(id, firstFree(taken === lastPort ? firstPort : taken + 1)),
  };
}

/** The same on every machine and every day. */
export function derivedPort(id: ClusterId): number {
  return firstPort + (createHash('sha256').update(id).digest().readUInt32BE(0) % (lastPort - firstPort + 1));
}

/** Letters and digits only: it stands in a URL, and kubectl takes the URL apart. About 238 bits. */
function randomPassword(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 40 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
