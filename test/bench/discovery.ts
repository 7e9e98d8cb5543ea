import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { createAws } from '../../main/agent/providers/aws/aws.ts';
import { createEksSource } from '../../main/agent/providers/aws/eks.ts';
import { createAksSource } from '../../main/agent/providers/azure/aks.ts';
import { clustersQuery } from '../../main/agent/providers/azure/aks-cluster.ts';
import { createAzureSessions } from '../../main/agent/providers/azure/clients.ts';
import { createGkeSource } from '../../main/agent/providers/gcp/gke.ts';
import { coldList } from './cold-list.ts';
import type { BenchOptions } from './options.ts';
import { startReading } from './reading.ts';
import { recordRequests } from './replay.ts';
import { inTurn, median, type Row, timed } from './row.ts';

const latency = 100;

/** How much there is to find, and how often it is looked for. */
const sizes = {
  whole: {
    runs: 7,
    eks: { accounts: 20, regions: 17, clusters: 300 },
    projects: 200,
    aks: 10_000,
    many: { accounts: 60, regions: 4, clusters: 5_000 },
    growth: 1_000,
  },
  small: {
    runs: 1,
    eks: { accounts: 2, regions: 3, clusters: 10 },
    projects: 5,
    aks: 50,
    many: { accounts: 3, regions: 2, clusters: 20 },
    growth: 20,
  },
} as const;
type Size = (typeof sizes)[keyof typeof sizes];

/** How fast clusters are found, beside the round trips that cannot be saved. */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const size = small ? sizes.small : sizes.whole;
  yield* eks(size);
  yield* gke(size);
  yield* aks(size);
  yield* many(size);
  yield* growth(size);
  yield* coldList(small);
}

async function* eks({ runs, eks: plan }: Size): AsyncIterable<Row> {
  const { accounts, regions, clusters } = plan;
  const reading = await startReading({ accounts, regions, clusters, latency }, (parts) =>
    createEksSource({ aws: createAws(parts) }),
  );
  // The role credentials get warm, and the SDK is loaded.
  await reading.anew();
  expectClusters(reading.clusters(), clusters);
  const replay = await recordRequests(reading.again, reading.parts.network.httpAgent);
  const took = await inTurn(
    {
      anew: reading.anew,
      again: reading.again,
      bare: () => timed(replay.send),
      roundTrip: () => reading.roundTrip(`${reading.parts.env.AWS_ENDPOINT_URL ?? ''}/clusters`),
    },
    runs,
  );
  expectClusters(reading.clusters(), clusters);
  const [anew, again, bare, roundTrip] = [took('anew'), took('again'), took('bare'), took('roundTrip')];
  const calls = accounts * regions + clusters;
  yield {
    name: `EKS: ${accounts} accounts x ${regions} regions, ${clusters} clusters, no catalog`,
    unit: 'ms',
    ours: anew,
    reference: { name: 'floor: 2 round trips', figure: 2 * roundTrip },
    goal: { atMost: 3 },
  };
  yield {
    name: 'the same, beside one call at a time',
    unit: 'ms',
    ours: anew,
    reference: { name: `${calls} round trips`, figure: calls * roundTrip },
    goal: { atMost: 1 / 60 },
  };
  const own = regions + Math.ceil(clusters / accounts);
  yield {
    name: "all of it, beside kubeswitch's way with one account (one profile, serial, no cache)",
    unit: 'ms',
    ours: anew,
    reference: { name: `${own} round trips`, figure: own * roundTrip },
  };
  yield {
    name: 'the same, refresh of a cached catalog',
    unit: 'ms',
    ours: again,
    reference: { name: '1 round trip', figure: roundTrip },
    goal: { atMost: 2 },
  };
  yield {
    name: 'the same refresh, beside its requests sent by node:http alone',
    unit: 'ms',
    ours: again,
    reference: { name: `floor: bare node:http, ${replay.requests} requests`, figure: bare },
  };
  await reading.end();
}

async function* gke({ runs, projects }: Size): AsyncIterable<Row> {
  const reading = await startReading({ projects, gke: projects, latency }, createGkeSource);
  const address = `${reading.parts.env.CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER ?? ''}v1/projects/any/locations/-/clusters`;
  await reading.anew();
  expectClusters(reading.clusters(), projects);
  const took = await inTurn({ again: reading.again, roundTrip: () => reading.roundTrip(address) }, runs);
  yield {
    name: `GKE: ${projects} projects that are known`,
    unit: 'ms',
    ours: took('again'),
    reference: { name: '1 round trip', figure: took('roundTrip') },
    goal: { atMost: 2 },
  };
  await reading.end();
}

async function* aks({ runs, aks: clusters }: Size): AsyncIterable<Row> {
  const reading = await startReading({ aks: clusters, latency }, createAksSource);
  await reading.anew();
  expectClusters(reading.clusters(), clusters);
  const session = await createAzureSessions(reading.parts)();
  if (session === undefined) throw new Error('nobody is signed in to Azure');
  const client = new ResourceGraphClient(session.credential(), session.clientOptions);
  const readPages = async () => {
    let skipToken: string | undefined;
    do {
      const options = { resultFormat: 'objectArray', top: 1000, ...(skipToken && { skipToken }) } as const;
      // The same pages: another query costs the service another time.
      skipToken = (await client.resources({ query: clustersQuery, options })).skipToken;
    } while (skipToken !== undefined);
  };
  await readPages();
  const took = await inTurn({ again: reading.again, pages: () => timed(readPages) }, runs);
  yield {
    name: `AKS: ${clusters.toLocaleString('en')} clusters in pages of 1,000`,
    unit: 'ms',
    ours: took('again'),
    reference: { name: 'the pages alone', figure: took('pages') },
    goal: { atMost: 1.1 },
  };
  await reading.end();
}

/** A large organisation: beside its requests alone, and by what each cluster costs the agent's processor. */
async function* many({ runs, many: plan }: Size): AsyncIterable<Row> {
  const { accounts, regions, clusters } = plan;
  const reading = await startReading({ ...plan, latency }, (parts) =>
    createEksSource({ aws: createAws(parts) }),
  );
  // The role credentials get warm.
  await reading.anew();
  expectClusters(reading.clusters(), clusters);
  const replay = await recordRequests(reading.again, reading.parts.network.httpAgent);
  const cpu: number[] = [];
  const took = await inTurn(
    {
      async anew() {
        const before = process.cpuUsage();
        const ms = await reading.anew();
        const { user, system } = process.cpuUsage(before);
        cpu.push((user + system) / 1_000);
        return ms;
      },
      bare: () => timed(replay.send),
    },
    Math.min(runs, 3),
  );
  expectClusters(reading.clusters(), clusters);
  const name = `EKS: ${clusters.toLocaleString('en')} clusters in ${accounts} accounts x ${regions} regions, no catalog`;
  yield {
    name,
    unit: 'ms',
    ours: took('anew'),
    reference: { name: `floor: bare node:http, ${replay.requests} requests`, figure: took('bare') },
    goal: { atMost: 3 },
  };
  yield {
    name: 'the same: processor time of the agent for each cluster',
    unit: 'ms',
    ours: median(cpu) / clusters,
    reference: { name: 'the goal', figure: 0.5 },
    goal: { atMost: 1 },
  };
  await reading.end();
}

/**
 * Ten times the clusters may take ten times as long. Each in a world of its own, which the SDK is pointed at by the
 * process's environment: so one world after the other, in turn.
 */
async function* growth({ runs, growth: clusters }: Size): AsyncIterable<Row> {
  const measure = async (count: number) => {
    const reading = await startReading({ accounts: 20, regions: 17, clusters: count }, (parts) =>
      createEksSource({ aws: createAws(parts) }),
    );
    try {
      // The role credentials get warm.
      await reading.anew();
      globalThis.gc?.();
      const took = (await inTurn({ anew: reading.anew }, 3))('anew');
      expectClusters(reading.clusters(), count);
      return { took, memory: process.memoryUsage().rss / 1e6 };
    } finally {
      await reading.end();
    }
  };
  const few: Measured[] = [];
  const many: Measured[] = [];
  for (let round = 0; round < Math.ceil(runs / 2); round += 1) {
    few.push(await measure(clusters));
    many.push(await measure(10 * clusters));
  }
  const middle = (all: readonly Measured[], key: keyof Measured) => median(all.map((one) => one[key]));
  const [one, ten] = [clusters.toLocaleString('en'), (10 * clusters).toLocaleString('en')];
  yield {
    name: `EKS: ${ten} clusters, no latency`,
    unit: 'ms',
    ours: middle(many, 'took'),
    reference: { name: `10 x ${one} clusters`, figure: 10 * middle(few, 'took') },
    goal: { atMost: 1 },
  };
  yield {
    name: `memory with ${ten} clusters (resident, the bench itself included)`,
    unit: 'MB',
    ours: middle(many, 'memory'),
    reference: { name: `${one} clusters`, figure: middle(few, 'memory') },
    goal: { atMost: 10 },
  };
}

interface Measured {
  /** ms. */
  readonly took: number;
  /** MB. */
  readonly memory: number;
}

function expectClusters(found: number, wanted: number): void {
  if (found < wanted) throw new Error(`${found} clusters were found where ${wanted} are`);
}
