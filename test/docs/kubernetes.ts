import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { root } from './blocks.ts';

const models: Readonly<Record<string, () => Promise<object>>> = {
  v1: () => import('kubernetes-models/v1'),
  'apps/v1': () => import('kubernetes-models/apps/v1'),
  'networking.k8s.io/v1': () => import('kubernetes-models/networking.k8s.io/v1'),
  'policy/v1': () => import('kubernetes-models/policy/v1'),
};

/** An object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as Manifest;
  });
}

const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });
const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+m$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string() }),
});
/** Of the Prometheus Operator what we use (`monitoring.coreos.com/v1`). */
const ofPrometheus: Readonly<Record<string, z.ZodType>> = {
  PodMonitor: z.strictObject({
    selector,
    podMetricsEndpoints: z.array(z.strictObject({ port: z.string() })),
  }),
  PrometheusRule: z.strictObject({
    groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })),
  }),
};

export const isOfKubernetes = ({ apiVersion }: Manifest) => models[apiVersion] !== undefined;

/** What the schema of Kubernetes says is wrong with it. */
export async function wrongManifest(manifest: Manifest): Promise<string | undefined> {
  const { apiVersion, kind } = manifest;
  if (apiVersion === 'monitoring.coreos.com/v1') {
    const { apiVersion: _, kind: __, metadata: ___, ...rest } = manifest;
    const known = z.strictObject({ spec: ofPrometheus[kind] ?? z.never() }).safeParse(rest);
    return known.success ? undefined : `${kind} ${manifest.metadata.name}: ${known.error.message}`;
  }
  const group = (await models[apiVersion]?.()) as
    | Readonly<Record<string, new (data: object) => { validate(): void }>>
    | undefined;
  const Model = group?.[kind];
  if (Model === undefined) return `${apiVersion} ${kind} is not known`;
  try {
    new Model(manifest).validate();
    return undefined;
  } catch (error) {
    return `${kind} ${manifest.metadata.name}: ${error}`;
  }
}

/** Fields that Kubernetes does not know: its schema lets them pass, its types do not. */
export async function unknownFields(manifests: readonly Manifest[]): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'manifests-'));
  const packages = path.join(root, 'node_modules');
  const lines = manifests.flatMap((manifest, at) => [
    `import type { I${manifest.kind} as T${at} } from 'kubernetes-models/${manifest.apiVersion}';`,
    `export const m${at}: T${at} = ${JSON.stringify(manifest)};`,
  ]);
  await writeFile(path.join(folder, 'manifests.ts'), lines.join('\n'));
  await writeFile(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
        ...{ module: 'preserve', moduleResolution: 'bundler' },
        paths: { '*': [`${packages}/*`] },
      },
    }),
  );
  const { exitCode, stdout } = await execa(path.join(packages, '.bin/tsc'), ['-p', folder], {
    reject: false,
  });
  await rm(folder, { recursive: true });
  return exitCode === 0 ? [] : stdout.split('\n');
}
