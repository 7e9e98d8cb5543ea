import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { createAws } from '../../main/agent/providers/aws/aws.ts';
import { createEksSource } from '../../main/agent/providers/aws/eks.ts';
import { createAksSource } from '../../main/agent/providers/azure/aks.ts';
import { clustersQuery } from '../../main/agent/providers/azure/aks-cluster.ts';
import { createAzureSessions } from '../../main/agent/providers/azure/clients.ts';
import { createGkeSource } from '../../main/agent/providers/gcp/gke.ts';
import { coldList } from './cold-list.ts';
import { startReading } from './reading.ts';
import { recordRequests } from './replay.ts';
import { median, type Row, timed } from './row.ts';

const runs = 5;
const latency = 100;

/** How fast clusters are found, beside the round trips that cannot be saved. */
export async function* benchmark(): AsyncIterable<Row> {
  yield* eks();
  yield* gke();
  yield* aks();
  yield* growth();
  yield* coldList();
}

async function* eks(): AsyncIterable<Row> {
  const [accounts, regions, clusters] = [20, 17, 300];
  const reading = await startReading({ accounts, regions, clusters, latency }, (places) =>
    createEksSource({ aws: createAws(places) }),
  );
  const roundTrip = await reading.roundTrip(`${reading.places.env.AWS_ENDPOINT_URL ?? ''}/clusters`);
  // The role credentials get warm, and the SDK is loaded.
  await reading.anew();
  expectClusters(reading.clusters(), clusters);
  const anew = await repeated(reading.anew);
  const again = await repeated(reading.again);
  expectClusters(reading.clusters(), clusters);
  const replay = await recordRequests(reading.again, reading.places.network.httpAgent);
  const bare = await repeated(() => timed(replay.send));
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

async function* gke(): AsyncIterable<Row> {
  const reading = await startReading({ projects: 200, gke: 200, latency }, createGkeSource);
  const roundTrip = await reading.roundTrip(
    `${reading.places.env.CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER ?? ''}v1/projects/any/locations/-/clusters`,
  );
  await reading.anew();
  expectClusters(reading.clusters(), 200);
  yield {
    name: 'GKE: 200 projects that are known',
    unit: 'ms',
    ours: await repeated(reading.again),
    reference: { name: '1 round trip', figure: roundTrip },
    goal: { atMost: 2 },
  };
  await reading.end();
}

async function* aks(): AsyncIterable<Row> {
  const reading = await startReading({ aks: 10_000, latency }, createAksSource);
  await reading.anew();
  expectClusters(reading.clusters(), 10_000);
  const session = await createAzureSessions(reading.places)();
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
  yield {
    name: 'AKS: 10,000 clusters in 10 pages',
    unit: 'ms',
    ours: await repeated(reading.again),
    reference: { name: 'the pages alone', figure: await repeated(() => timed(readPages)) },
    goal: { atMost: 1.1 },
  };
  await reading.end();
}

/** Ten times the clusters may take ten times as long. */
async function* growth(): AsyncIterable<Row> {
  const measure = async (clusters: number) => {
    const reading = await startReading({ accounts: 20, regions: 17, clusters }, (places) =>
      createEksSource({ aws: createAws(places) }),
    );
    await reading.anew();
    expectClusters(reading.clusters(), clusters);
    globalThis.gc?.();
    const took = await repeated(reading.anew);
    const memory = process.memoryUsage().rss / 1e6;
    await reading.end();
    return { took, memory };
  };
  const few = await measure(1_000);
  const many = await measure(10_000);
  yield {
    name: 'EKS: 10,000 clusters, no latency',
    unit: 'ms',
    ours: many.took,
    reference: { name: '10 x 1,000 clusters', figure: 10 * few.took },
    goal: { atMost: 1 },
  };
  yield {
    name: 'memory with 10,000 clusters (resident, the bench itself included)',
    unit: 'MB',
    ours: many.memory,
    reference: { name: '1,000 clusters', figure: few.memory },
    goal: { atMost: 10 },
  };
}

async function repeated(measure: () => Promise<number>): Promise<number> {
  const took: number[] = [];
  for (let run = 0; run < runs; run += 1) took.push(await measure());
  return median(took);
}

function expectClusters(found: number, wanted: number): void {
  if (found < wanted) throw new Error(`${found} clusters were found where ${wanted} are`);
}
