import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCatalog } from '../../main/agent/catalog/catalog.ts';
import { createDiscovery } from '../../main/agent/discovery/discovery.ts';
import { createNetwork } from '../../main/agent/network/network.ts';
import { trustAuthorities } from '../../main/agent/network/trust.ts';
import { silentLogger, systemClock } from '../../main/agent/parts.ts';
import type { DiscoverySource } from '../../main/agent/providers/discovery-source.ts';
import { median, timed } from './row.ts';
import { startWorldProcess } from './world-process.ts';

/** The agent's reading of one source of a world: what a bench measures of it. */
export interface Reading {
  /** A run with an empty catalog; ms, and how many clusters it found. */
  anew(): Promise<number>;
  /** A run over what the last one found and wrote; ms. */
  again(): Promise<number>;
  clusters(): number;
  /** The median of one request after the other, ms, to the address that `addressOf` picks of the environment. */
  roundTrip(address: string): Promise<number>;
  end(): Promise<void>;
}

type ReadingParts = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly network: ReturnType<typeof createNetwork>;
  readonly clock: typeof systemClock;
  readonly logger: typeof silentLogger;
  readonly folder: string;
};

export async function startReading(
  flags: Readonly<Record<string, number>>,
  makeSource: (parts: ReadingParts) => DiscoverySource,
): Promise<Reading & { readonly parts: ReadingParts }> {
  const world = await startWorldProcess(flags);
  const { env } = world;
  // The AWS SDK reads the process's own.
  Object.assign(process.env, env);
  trustAuthorities({ env, setting: undefined });
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-bench-'));
  const network = createNetwork(env);
  const parts = { env, home: env.HOME, network, clock: systemClock, logger: silentLogger, folder };
  const source = makeSource(parts);
  let count = 0;
  const open = async () => {
    count += 1;
    const catalog = await createCatalog({
      folder: path.join(folder, `catalog-${count}`),
      clock: systemClock,
      logger: silentLogger,
    });
    const discovery = createDiscovery({
      sources: [source],
      catalog,
      clock: systemClock,
      logger: silentLogger,
      onStatus: () => {},
    });
    return { catalog, discovery };
  };
  let last = await open();
  return {
    parts,
    async anew() {
      last = await open();
      return timed(() => last.discovery.run());
    },
    async again() {
      // Hours pass between two: the second does not wait for what the first writes.
      await last.catalog.flush();
      return timed(() => last.discovery.run());
    },
    clusters: () => last.catalog.clusters().length,
    async roundTrip(address) {
      const took: number[] = [];
      for (let at = 0; at < 7; at += 1) took.push(await timed(() => network.request(new URL(address))));
      return median(took);
    },
    async end() {
      await last.catalog.close();
      await world.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
