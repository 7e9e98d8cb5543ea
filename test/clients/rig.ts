import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type EntryForm, entryForms } from '../../main/model/entry-form.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import type { KubeOrigin } from '../world/kube-network.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';

/** A real cluster behind the world's Access edge and the built product, with a kubeconfig of each entry form. */
export interface Rig {
  /**
   * By the entry form, `v1beta1` for `connect` with that exec API, and `read-only` for one that only reads: a kubeconfig with
   * one current context.
   */
  readonly kubeconfigs: Readonly<Record<string, string>>;
  /** An empty folder for homes of clients. */
  readonly folder: string;
  readonly commandLine: CommandLine;
  readonly world: World;
  close(): Promise<void>;
}

/** The forms that the product has. A new one is tested as soon as it is in the model. */
export const forms: readonly EntryForm[] = entryForms;
/** The entries: one of each form, and one for clients that know the older exec credential API alone. */
const entries = [...forms, 'v1beta1'] as const;
type Entry = (typeof entries)[number];
const clusterOf = (entry: Entry) => `clients-${entry}`;
const apiHost = (entry: Entry) => `k8s.${clusterOf(entry)}.acme.internal`;
const tagsOf = (entry: Entry): Record<string, string> =>
  entry === 'v1beta1'
    ? { 'k8s-tunnels-entry': 'connect', 'k8s-tunnels-exec': entry }
    : { 'k8s-tunnels-entry': entry };

/** The hostnames of the API server: one for each entry. */
export const apiHosts: readonly string[] = entries.map(apiHost);

/** Connects to the cluster by every form. Who started the cluster ends it. */
export async function startRig(server: KubeOrigin): Promise<Rig> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closers.reverse()) await one();
  };
  try {
    const standIns = new Map(entries.map((entry) => [clusterOf(entry), server]));
    const world = await startWorld({ plan: planOf(), standIns });
    closers.push(() => world.close());
    const commandLine = await createCommandLine(world);
    closers.push(() => commandLine.stop());
    await commandLine.tunnels('connect', ...entries.map(clusterOf));

    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-clients-'));
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const written = await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8');
    const kubeconfigs: Record<string, string> = {};
    for (const entry of entries) {
      const file = path.join(folder, `${entry}.yaml`);
      await writeFile(file, withContext(written, clusterOf(entry)), { mode: 0o600 });
      kubeconfigs[entry] = file;
    }
    kubeconfigs['read-only'] = path.join(folder, 'read-only.yaml');
    const flags = ['--for', kubeconfigs['read-only'], '--read-only'];
    await commandLine.tunnels('kubeconfig', clusterOf('tls'), ...flags);
    await mkdir(path.join(folder, 'homes'));
    return { kubeconfigs, folder: path.join(folder, 'homes'), commandLine, world, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One cluster for each entry, in Vault: its tags say what is in it. */
function planOf(): Plan {
  const secrets = entries.map((entry) => ({
    path: `edge/${clusterOf(entry)}`,
    name: clusterOf(entry),
    server: `https://${apiHost(entry)}:6443`,
    customMetadata: {
      'k8s-tunnels-hostname': `${clusterOf(entry)}.k8s.acme.example`,
      'k8s-tunnels-origin': 'tcp',
      ...tagsOf(entry),
    },
    holds: 'token' as const,
  }));
  return {
    ...defaultPlan,
    vault: { ...defaultPlan.vault, secrets },
    applications: entries.map((entry) => ({
      hostname: `${clusterOf(entry)}.k8s.acme.example`,
      origin: 'tcp' as const,
    })),
    served: entries.map(clusterOf),
  };
}

/** Many clients know the current context alone. */
function withContext(kubeconfig: string, context: string): string {
  return stringify({ ...parse(kubeconfig), 'current-context': context });
}
