import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';
import { plainErrorSchema } from './error-schema.ts';
import { workloadKinds } from './workload-kinds.ts';

/** A cluster, or its value in a row, is compared with the first cluster that could be read. */
const cellSchema = z.object({
  /** Absent if nothing is set there, or if it could not be read. */
  text: z.string().optional(),
  /** It could not be read. */
  unknown: z.literal(true).optional(),
  /** It differs from the first cluster in this row that is known. */
  differs: z.literal(true).optional(),
});

export const comparedFields = [
  'version',
  'nodes',
  'readyNodes',
  'kubelets',
  'replicas',
  'ready',
  'restarts',
  'schedule',
  'suspended',
  'image',
  'requests',
  'limits',
] as const;

const rowSchema = z.object({
  field: z.enum(comparedFields),
  /** The container that the row is about. Init containers are named `init:NAME`. */
  container: z.string().optional(),
  /** One for each cluster, in their order. */
  cells: z.array(cellSchema),
  differs: z.boolean(),
});

const workloadSchema = z.object({
  kind: z.enum(workloadKinds),
  name: z.string(),
  /** `text` is set for a cluster that has the workload. Rows of others are empty, and count as no difference. */
  exists: z.array(cellSchema),
  rows: z.array(rowSchema),
  /** True if a cluster does not have it, or a row differs. */
  differs: z.boolean(),
});

/** What could not be read of a cluster: the rest could. */
const gapSchema = z.object({
  of: z.enum(['version', 'nodes', 'namespace', 'pods', ...workloadKinds]),
  error: plainErrorSchema,
});

const columnSchema = z.object({
  cluster: clusterIdSchema,
  title: z.string(),
  production: z.literal(true).optional(),
  namespace: z.string(),
  /** Set if nothing of the cluster could be read. */
  error: plainErrorSchema.optional(),
  gaps: z.array(gapSchema),
});

/** Clusters side by side: a column for each, in the order in which they were given. */
export const comparisonSchema = z.object({
  clusters: z.array(columnSchema),
  /** Versions and nodes. */
  cluster: z.array(rowSchema),
  workloads: z.array(workloadSchema),
  /** How many rows differ. A workload that a cluster does not have counts as one. */
  differences: z.int(),
  /** How many workloads were left out, because there are too many. */
  leftOut: z.int().optional(),
});

export type Comparison = z.infer<typeof comparisonSchema>;
export type ComparedCell = z.infer<typeof cellSchema>;
export type ComparedRow = z.infer<typeof rowSchema>;
export type ComparedWorkload = z.infer<typeof workloadSchema>;
export type ComparedField = (typeof comparedFields)[number];
export type ComparedColumn = z.infer<typeof columnSchema>;
export type Gap = z.infer<typeof gapSchema>;
