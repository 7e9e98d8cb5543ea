import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { KubeconfigSource } from '../../agent/kubeconfig/files.ts';
import type { WorkerScript } from '../../agent/kubeconfig/planner.ts';
import { type Environment, systemClock } from '../../agent/parts.ts';
import type { Paths } from '../../agent/paths.ts';
import { version } from '../../agent/version.ts';
import type { Client } from '../../api/socket/client.ts';
import { toPlainError } from '../../model/app-error.ts';
import { redact, redacted } from '../../redaction/redact.ts';
import { clientReports } from '../doctor/checks/clients.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { doctorDocument } from '../doctor/document.ts';
import type { Facts } from '../doctor/facts.ts';
import { gather } from '../doctor/gather.ts';
import { withIsoTimes } from '../json-document.ts';
import { knownSecrets } from './known-secrets.ts';

/** The end of a log that is taken. */
const logBytes = 1024 * 1024;
const mark = '[redacted]';

/** A file of the archive. */
export interface Entry {
  readonly name: string;
  /** What is in it, in words. */
  readonly about: string;
  readonly text: string;
}

interface Asked {
  readonly env: Environment;
  readonly paths: Paths;
  readonly source: KubeconfigSource;
  readonly folder: string;
  readonly worker: WorkerScript | undefined;
}

/**
 * Resolves with what helps to find a fault, without secrets, and with true if a probe is still running. Starts no agent: what
 * only a running one knows is left out then. Never rejects.
 */
export async function collect(
  asked: Asked,
): Promise<{ readonly entries: readonly Entry[]; readonly isLate: boolean }> {
  const { env, paths } = asked;
  const { facts, client } = await gather({ ...asked, clock: systemClock });
  try {
    const [asIs, secrets] = await Promise.all([
      Promise.all([...ofComputer(facts, paths), ...(client === undefined ? [] : ofAgent(client, facts))]),
      knownSecrets({ env, paths }),
    ]);
    const hide = (text: string) =>
      secrets.reduce((left, secret) => left.replaceAll(secret, mark), text).replaceAll(paths.home, '~');
    return { entries: asIs.map((one) => ({ ...one, text: hide(one.text) })), isLate: facts.late.length > 0 };
  } finally {
    client?.close();
  }
}

/** Returns what is known without the agent. */
function ofComputer(facts: Facts, { state, config }: Paths): readonly Promise<Entry>[] {
  const { agent, kubeconfig, hosts, ports, plugins, ownFiles, late, failed } = facts;
  const clients = clientReports(facts);
  const report = { clients, fixed: [], findings: diagnose(facts, Date.now()) };
  return [
    entryOf('versions.json', 'versions of k8s-tunnels, the system and Kubernetes clients', async () => ({
      at: Date.now(),
      version,
      agent: agent?.status === 'running' ? { version: agent.version, pid: agent.pid } : (agent ?? null),
      node: process.version,
      system: { platform: process.platform, arch: process.arch, release: os.release(), name: os.version() },
      clients: clients.map(({ sources: _, ...one }) => one),
    })),
    entryOf('doctor.json', 'the findings of k8s-tunnels doctor', async () => doctorDocument(facts, report)),
    entryOf(
      'probes.json',
      'what doctor has found about hosts, local ports, plugins and kubeconfig entries',
      async () => ({ hosts, ports, plugins, ownFiles, kubeconfig, late, failed }),
    ),
    entryOf('settings.json', 'the settings file', async () =>
      JSON.parse((await endOf(path.join(config, 'settings.json'))) || '{}'),
    ),
    ...['agent.log', 'agent.log.1'].map(async (name) => ({
      name,
      about: 'the end of the log of the agent',
      text: redact(await endOf(path.join(state, name))),
    })),
  ];
}

/** Returns what the running agent knows. */
function ofAgent(client: Client, facts: Facts): readonly Promise<Entry>[] {
  const { agent, accounts } = facts;
  const snapshot = agent?.status === 'running' ? agent.snapshot : undefined;
  const tunnels = snapshot?.tunnels ?? [];
  return [
    entryOf('state.json', 'clusters, tunnels, sessions, organisation and notices', async () => snapshot),
    entryOf('sessions.json', 'sessions and their expiry', async () => accounts),
    entryOf('activity.json', 'the journal of events', () => client.call('activity', { limit: 500 })),
    entryOf('tunnels.json', 'the latest probes and failures of each tunnel', () =>
      Promise.all(
        tunnels.map(async ({ cluster }) => ({ cluster, ...(await client.call('history', { cluster })) })),
      ),
    ),
    entryOf('metrics.txt', 'counters of the agent', async () => (await client.call('metrics', {})).text),
  ];
}

/** Resolves with an entry of a value. Where it cannot be had, with the reason in its place. */
async function entryOf(name: string, about: string, read: () => Promise<unknown>): Promise<Entry> {
  const value = await read().catch((error: unknown) => ({ error: toPlainError(error) }));
  if (typeof value === 'string') return { name, about, text: redact(value) };
  // What is no plain data, such as an address, becomes its text.
  const plain: unknown = JSON.parse(JSON.stringify(value ?? null));
  return { name, about, text: `${JSON.stringify(withIsoTimes(redacted(plain)), null, 2)}\n` };
}

/** Resolves with the end of a file; empty if there is none. */
async function endOf(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, logBytes);
    const { buffer } = await handle.read({ buffer: Buffer.alloc(length), position: size - length });
    const text = buffer.toString('utf8');
    // Not from the middle of a line: a secret whose beginning is missing would not be recognised.
    return size > length ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await handle.close();
  }
}
