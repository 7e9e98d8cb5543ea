import { z } from 'zod';
import { clusterIdSchema } from '../model/cluster.ts';
import { clusterSetSchema, setNameSchema } from '../model/cluster-set.ts';
import { mostInSet } from '../model/set-limits.ts';
import { clusterWord } from './contract-inputs.ts';

/** Operations on favourites, sets, and the groups of the list. */
export const listOperations = {
  /** Adds or removes a favourite. */
  favourite: {
    input: z.object({ cluster: clusterWord, on: z.boolean() }),
    output: z.object({ favourites: z.array(clusterIdSchema) }),
  },
  'favourites-order': {
    input: z.object({ favourites: z.array(clusterIdSchema) }),
    output: z.object({ favourites: z.array(clusterIdSchema) }),
  },
  /** Saves the clusters as a set. Replaces a set of the same name, compared without case. */
  'set-save': {
    input: z.object({
      name: setNameSchema,
      clusters: z.array(clusterWord).min(1).max(mostInSet),
      /** The set that it renames. */
      replaces: setNameSchema.optional(),
    }),
    output: z.object({ sets: z.array(clusterSetSchema) }),
  },
  'set-remove': {
    input: z.object({ name: setNameSchema }),
    output: z.object({ sets: z.array(clusterSetSchema) }),
  },
  /** Replaces the groups that the list shows collapsed. */
  'groups-collapse': {
    input: z.object({ groups: z.array(z.string().min(1).max(1_024)).max(1_000) }),
    output: z.object({}),
  },
} as const;
