import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../main/agent/providers/catalog/signatures.ts';
import { bundlesOf } from '../../main/cli/publish/bundles.ts';
import { publishedCluster } from '../../main/cli/publish/published-cluster.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { eksCluster } from '../agent/catalog/clusters.ts';
import { createAccessTeam } from '../world/catalog/access-team.ts';
import { keyOf, publisherOf } from '../world/catalog/catalog-signer.ts';
import { startCatalogWorker } from '../world/catalog/catalog-worker.ts';
import { startWorker } from '../world/worker.ts';
import type { BenchOptions } from './options.ts';
import type { Row } from './row.ts';

/** About what a certificate of EKS takes, before it is PEM. */
const authorityBytes = 800;
const atOnce = 32;

interface Ask {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/**
 * The organisation's catalog in workerd: many users and clusters, beside a Worker of the same run that answers the same
 * bytes without checking. Each user is in one to three of the teams; a few administrators get all clusters.
 */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const [users, clusters, teams] = small ? [40, 100, 5] : [10_000, 5_000, 100];
  const team = await createAccessTeam();
  const worker = await startCatalogWorker(team);
  const floor = await startWorker({
    entry: path.join(import.meta.dirname, 'catalog-floor.ts'),
    namespaces: ['CATALOG'],
    bindings: {},
  });
  try {
    const key = keyOf(worker);
    const records = Array.from({ length: clusters }, (_, at) => {
      const name = `cluster-${at}`;
      const cluster = {
        ...publishedCluster(eksCluster(name, { tags: tagsOf(name, at % teams) })),
        certificateAuthorityData: Buffer.from(randomBytes(authorityBytes).toString('base64')).toString(
          'base64',
        ),
      };
      const audience = at % 100 === 99 ? ['*'] : ['administrators', `team-${at % teams}`];
      return {
        id: cluster.id as ClusterId,
        audience,
        envelope: key.seal({ kind: 'cluster', revision: 1, cluster }),
      };
    });
    const bundles = bundlesOf(records);
    const root = digestOf(bundles.map(({ digest }) => digest));
    const manifest = key.seal({
      kind: 'manifest',
      version: 1,
      revision: 1,
      publishedAt: new Date().toISOString(),
      maxAge: 86_400,
      root,
    });
    await publisherOf(worker).publish({ manifest, bundles });
    const assertions = await Promise.all(
      Array.from({ length: users }, (_, at) =>
        team.assertion({ sub: `user-${at}`, custom: { groups: groupsOf(at, teams) } }),
      ),
    );
    const url = `${worker.url}/v1/catalog`;
    const header = (assertion: string) => ({ 'cf-access-jwt-assertion': assertion });
    const administrator = await team.assertion({ sub: 'admin', custom: { groups: ['administrators'] } });
    const index = bundles.map(({ digest, audience }) => ({ digest, audience }));
    const tagOf = (groups: readonly string[]) => {
      const isFor = (one: string) => one === '*' || groups.includes(one);
      const own = index.filter(({ audience }) => audience.some(isFor)).map(({ digest }) => digest);
      return `"${digestOf([root, ...own])}"`;
    };
    const tags = new Map(assertions.map((one, at) => [one, tagOf(groupsOf(at, teams))]));
    const known = (one: string): Ask => ({
      url,
      headers: { ...header(one), 'if-none-match': tags.get(one) ?? '' },
      status: 304,
    });

    const store = await floor.store('CATALOG');
    const stored = await (await worker.store('CATALOG')).get('manifest', 'text');
    await store.put('manifest', stored ?? '');
    const typical = await (await fetch(url, { headers: header(assertions[0] ?? '') })).text();
    const all = await (await fetch(url, { headers: header(administrator) })).text();
    await store.put('typical', typical);
    await store.put('all', all);
    const bare = (name: string, status: number): Ask => ({
      url: `${floor.url}/${name}`,
      headers: status === 304 ? { 'if-none-match': '"floor"' } : {},
      status,
    });

    const count = { users: users.toLocaleString('en'), clusters: clusters.toLocaleString('en') };
    yield {
      name: `the answer to a user of ${count.users}, of ${count.clusters} clusters`,
      unit: 'kB',
      ours: typical.length / 1000,
    };
    yield { name: 'the same, as gzip', unit: 'kB', ours: gzipSync(typical).length / 1000 };
    yield {
      name: `the answer to an administrator, with all ${count.clusters}`,
      unit: 'MB',
      ours: all.length / 1e6,
    };
    yield { name: 'the same, as gzip', unit: 'MB', ours: gzipSync(all).length / 1e6 };
    yield { name: 'the headers of a 304', unit: 'kB', ours: await headerBytes(known(assertions[0] ?? '')) };

    // Whole answers are large: of each tenth user.
    const some = small ? assertions : assertions.filter((_, at) => at % 10 === 0);
    const whole = (one: string): Ask => ({ url, headers: header(one), status: 200 });
    const administrators = Array.from({ length: small ? 4 : 20 }, () => administrator);
    const cases: readonly [string, readonly Ask[], readonly Ask[]][] = [
      ['304, each user once', assertions.map(known), assertions.map(() => bare('typical', 304))],
      ['200, each of some users once', some.map(whole), some.map(() => bare('typical', 200))],
      ['200, an administrator', administrators.map(whole), administrators.map(() => bare('all', 200))],
    ];
    for (const [name, own, others] of cases) {
      const [ours, bareOnes] = [await measure(own), await measure(others)];
      const reference = (figure: number) => ({ name: 'the same bytes, unchecked', figure });
      yield { name, unit: 'per s', ours: ours.perSecond, reference: reference(bareOnes.perSecond) };
      yield {
        name: `${name}: processor time of workerd for a request`,
        unit: 'us',
        ours: ours.cpuUs,
        reference: reference(bareOnes.cpuUs),
      };
    }
  } finally {
    await worker.close();
    await floor.close();
  }
}

function tagsOf(name: string, team: number): Readonly<Record<string, string>> {
  return {
    'k8s-tunnels-hostname': `${name}.k8s.acme.example`,
    'k8s-tunnels-groups': `administrators+team-${team}`,
    'k8s-tunnels-environment': 'staging',
    'k8s-tunnels-owner': `team-${team}@acme.example`,
    'cost-centre': `cc-${team}`,
  };
}

function groupsOf(user: number, teams: number): readonly string[] {
  const count = 1 + (user % 3);
  return Array.from({ length: count }, (_, at) => `team-${(user + at * 7) % teams}`);
}

interface Measured {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Does the work for all, so many at once. */
async function allOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const worker = async () => {
    for (const one of left) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Sends all. */
async function measure(asks: readonly Ask[]): Promise<Measured> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: atOnce });
  const before = await workerCpuMs();
  const start = performance.now();
  await allOf(asks, (ask) => send(ask, agent));
  const ms = performance.now() - start;
  const cpu = (await workerCpuMs()) - before;
  agent.destroy();
  return { perSecond: (asks.length / ms) * 1000, cpuUs: (cpu / asks.length) * 1000 };
}

function send({ url, headers, status }: Ask, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent, headers }, (response) => {
      if (response.statusCode !== status) reject(new Error(`${url} was answered ${response.statusCode}`));
      response.resume().once('end', resolve).once('error', reject);
    });
    request.once('error', reject).end();
  });
}

function headerBytes({ url, headers }: Ask): Promise<number> {
  return new Promise((resolve, reject) => {
    // On a connection of its own: a kept one may have ended meanwhile.
    const request = http.request(url, { agent: false, headers }, (response) => {
      response.resume();
      resolve(response.rawHeaders.reduce((sum, { length }) => sum + length + 2, 0) / 1000);
    });
    request.once('error', reject).end();
  });
}

/** A tick of the kernel's clock in /proc, ms. */
const tickMs = 10;

/** The processor time of all workerd that this process has started, ms. Only one of them works at a time. */
async function workerCpuMs(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.reduce((sum, stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isOurs = stat.includes('(workerd)') && Number(fields[1]) === process.pid;
    return isOurs ? sum + (Number(fields[11]) + Number(fields[12])) * tickMs : sum;
  }, 0);
}
