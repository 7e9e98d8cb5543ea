import { z } from 'zod';

// The fields that a comparison reads, as kube-apiserver writes them. Go writes an empty list as `null` or leaves it out.

const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
const count = z
  .int()
  .min(0)
  .nullish()
  .transform((number) => number ?? 0);
const quantities = z
  .record(z.string(), z.union([z.string(), z.number()]).transform(String))
  .nullish()
  .transform((given) => given ?? {});

const metadata = z.object({ name: z.string().min(1).max(253) });

const container = z.object({
  name: z.string().max(253),
  image: z.string().nullish(),
  resources: z.object({ requests: quantities, limits: quantities }).nullish(),
});
export type Container = z.output<typeof container>;

const template = z.object({
  spec: z.object({ containers: listOf(container), initContainers: listOf(container) }),
});
export type PodTemplate = z.output<typeof template>;

/** A Deployment or a StatefulSet. */
export const scaledSchema = z.object({
  metadata,
  spec: z.object({ replicas: z.int().min(0).nullish(), template }),
  status: z.object({ readyReplicas: count }).nullish(),
});

export type Scaled = z.output<typeof scaledSchema>;

export const daemonSetSchema = z.object({
  metadata,
  spec: z.object({ template }),
  status: z.object({ desiredNumberScheduled: count, numberReady: count }).nullish(),
});

export const cronJobSchema = z.object({
  metadata,
  spec: z.object({
    schedule: z.string(),
    timeZone: z.string().nullish(),
    suspend: z.boolean().nullish(),
    jobTemplate: z.object({ spec: z.object({ template }) }),
  }),
});

const owner = z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() });

export const podSchema = z.object({
  metadata: z.object({
    labels: z.record(z.string(), z.string()).nullish(),
    ownerReferences: listOf(owner),
  }),
  status: z
    .object({
      phase: z.string().nullish(),
      containerStatuses: listOf(z.object({ restartCount: count })),
    })
    .nullish(),
});
export type Pod = z.output<typeof podSchema>;

export const nodeSchema = z.object({
  status: z.object({
    conditions: listOf(z.object({ type: z.string(), status: z.string() })),
    nodeInfo: z.object({ kubeletVersion: z.string() }),
  }),
});

export const versionSchema = z.object({ gitVersion: z.string() });

export const listSchema = z.object({
  metadata: z.object({ continue: z.string().max(8_192).nullish() }).nullish(),
  items: listOf(z.unknown()),
});

/** The answer of an API server that refuses or fails (`metav1.Status`). */
export const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string(),
  reason: z.string().nullish(),
});
