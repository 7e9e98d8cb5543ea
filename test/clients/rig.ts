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
  /** By the entry form: a kubeconfig with one current context. `read-only` is one that only reads. */
  readonly kubeconfigs: Readonly<Record<string, string>>;
  /** An empty folder for homes of clients. */
  readonly folder: string;
  readonly commandLine: CommandLine;
  readonly world: World;
  close(): Promise<void>;
}

/** The forms that the product has. A new one is tested as soon as it is in the model. */
export const forms: readonly EntryForm[] = entryForms;
const clusterOf = (form: EntryForm) => `clients-${form}`;
const apiHost = (form: EntryForm) => `k8s.${clusterOf(form)}.acme.internal`;

/** The hostnames of the API server: one for each form. */
export const apiHosts: readonly string[] = forms.map(apiHost);

/** Connects to the cluster by every form. Who started the cluster ends it. */
export async function startRig(server: KubeOrigin): Promise<Rig> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closers.reverse()) await one();
  };
  try {
    const standIns = new Map(forms.map((form) => [clusterOf(form), server]));
    const world = await startWorld({ plan: planOf(), standIns });
    closers.push(() => world.close());
    const commandLine = await createCommandLine(world);
    closers.push(() => commandLine.stop());
    await commandLine.tunnels('connect', ...forms.map(clusterOf));

    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-clients-'));
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const written = await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8');
    const kubeconfigs: Record<string, string> = {};
    for (const form of forms) {
      const file = path.join(folder, `${form}.yaml`);
      await writeFile(file, withContext(written, clusterOf(form)), { mode: 0o600 });
      kubeconfigs[form] = file;
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

/** One cluster for each form, in Vault: its tag names the form. */
function planOf(): Plan {
  const secrets = forms.map((form) => ({
    path: `edge/${clusterOf(form)}`,
    name: clusterOf(form),
    server: `https://${apiHost(form)}:6443`,
    customMetadata: {
      'k8s-tunnels-hostname': `${clusterOf(form)}.k8s.acme.example`,
      'k8s-tunnels-origin': 'tcp',
      'k8s-tunnels-entry': form,
    },
    holds: 'token' as const,
  }));
  return {
    ...defaultPlan,
    vault: { ...defaultPlan.vault, secrets },
    applications: forms.map((form) => ({
      hostname: `${clusterOf(form)}.k8s.acme.example`,
      origin: 'tcp' as const,
    })),
    served: forms.map(clusterOf),
  };
}

/** Many clients know the current context alone. */
function withContext(kubeconfig: string, context: string): string {
  return stringify({ ...parse(kubeconfig), 'current-context': context });
}
