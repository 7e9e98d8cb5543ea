import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { tlsPortId } from '../../main/agent/tunnels/ports.ts';
import { clusterId } from '../../main/model/cluster.ts';
import type { Plan } from './plan.ts';

/** As in main/agent/tunnels/ports.ts. */
const firstPort = 20_000;
const lastPort = 31_999;
/** A cluster whose port is taken moves to the next one: that is free too, and one more. */
const room = 3;

/**
 * Gives each cluster of a world's clouds a port of its own, and its local TLS proxy too, in the file in which the agent
 * remembers them. The port that an agent derives from a cluster's id is the same in every world: another test, or another
 * run of the tests on this computer, may hold it, or the one that a test expects a tunnel to move to.
 */
export async function spreadPorts(state: string, plan: Plan, { hasProxies = true } = {}): Promise<void> {
  const ids = [
    ...plan.eks.map(({ account, region, name }) => clusterId('eks', account, region, name)),
    ...plan.azure.aks.map(({ subscription, location, resourceGroup, name }) =>
      clusterId('aks', subscription.toLowerCase(), location, `${resourceGroup}/${name}`.toLowerCase()),
    ),
    ...plan.gcp.clusters.map(({ project, location, name }) => clusterId('gke', project, location, name)),
  ];
  // A world of thousands is only listed.
  if (ids.length > 50) return;
  const taken = new Set<number>();
  const stored = [];
  for (const id of ids.flatMap((one) => (hasProxies ? [one, tlsPortId(one)] : [one]))) {
    const port = await freePort(taken);
    for (let at = 0; at < room; at += 1) taken.add(port + at);
    const password = randomBytes(20).toString('hex');
    stored.push([id, { port, user: 'k8s-tunnels', password }]);
  }
  await mkdir(state, { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify({ version: 1, data: Object.fromEntries(stored) })}\n`;
  await writeFile(path.join(state, 'ports.json'), text, { mode: 0o600 });
}

/** A port that nobody listens on, nor on those that follow it. */
async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = randomInt(firstPort, lastPort - room);
    const wanted = Array.from({ length: room }, (_, at) => port + at);
    if (wanted.some((one) => taken.has(one))) continue;
    const servers = await Promise.all(wanted.map(listen));
    await Promise.all(servers.map((server) => server && close(server)));
    if (!servers.includes(undefined)) return port;
  }
}

/**
 * Does what signs in to Vault in the browser, when it is its turn: Vault lets sign-ins come back to one port (8250) only,
 * which two runs of the tests on this computer share. The turn is a port of its own, so that it ends with the process.
 */
export async function inCallbackTurn<T>(work: () => Promise<T>): Promise<T> {
  const end = await callbackTurn();
  try {
    return await work();
  } finally {
    await end();
  }
}

/** As `inCallbackTurn`; resolves with what ends the turn. */
export async function callbackTurn(): Promise<() => Promise<void>> {
  for (;;) {
    const server = await listen(18_250);
    if (server !== undefined) return () => close(server);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
