import { z } from 'zod';
import { callerEnvironmentSchema } from '../model/caller-environment.ts';
import { comparisonSchema } from '../model/comparison.ts';
import { namespaceSchema } from '../model/terminal.ts';
import { workloadKinds } from '../model/workload-kinds.ts';
import { clusterWord, production } from './contract-inputs.ts';

export const compareOperations = {
  /**
   * Reads clusters at the same time, and returns what differs between them. Changes nothing: tunnels that it opens are
   * closed again.
   */
  compare: {
    input: z.object({
      clusters: z
        .array(
          z.object({
            cluster: clusterWord,
            /** Absent: the namespace of its tag, otherwise `default`. */
            namespace: namespaceSchema.optional(),
          }),
        )
        .min(2)
        .max(100),
      /** Only workloads of this kind. */
      kind: z.enum(workloadKinds).optional(),
      environment: callerEnvironmentSchema.optional(),
      production,
    }),
    output: comparisonSchema,
  },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;
