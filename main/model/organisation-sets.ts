import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';
import type { SelectorField } from './cluster-selector.ts';
import { setNameSchema } from './cluster-set.ts';
import { mostInSet, setKey } from './set-limits.ts';

const value = z.string('must be text: put a number in quotes').min(1).max(512).optional();

/** A choice of clusters by their values. */
export const clusterTags = z
  .strictObject({
    environment: value.describe('The tag `environment`.'),
    group: value.describe('The tag `group`.'),
    account: value.describe('The id or the name of the account, project or subscription.'),
    source: value.describe('`eks`, `gke`, `aks`, `vault` or `file`.'),
    region: value.describe('The region or location.'),
    name: value.describe('The name that users see.'),
    owner: value.describe('The tag `owner`.'),
  } satisfies Record<SelectorField, z.ZodType>)
  .refine((given) => Object.values(given).some((one) => one !== undefined), 'must not be empty')
  .describe('The clusters that have all of these values, upper and lower case alike. Put numbers in quotes.');

const organisationSet = z
  .strictObject({
    name: setNameSchema.describe('The name of the set.'),
    clusters: z
      .array(clusterIdSchema)
      .min(1)
      .max(mostInSet)
      .optional()
      .describe(
        'Ids of clusters, as `k8s-tunnels list --json` prints them. A set has either `clusters` or `tags`.',
      ),
    tags: clusterTags.optional(),
  })
  .refine(({ clusters, tags: given }) => (clusters === undefined) !== (given === undefined), {
    error: 'must have either clusters or tags',
  });

/** The named sets of an organisation's configuration. */
export const organisationSetsSchema = z
  .array(organisationSet)
  .max(50)
  .refine(
    (sets) => new Set(sets.map(({ name }) => setKey(name))).size === sets.length,
    'must not have two sets of the same name',
  )
  .describe(
    'Named sets of clusters that every user has. A set of the user’s with the same name takes precedence.',
  );
export type OrganisationSets = z.output<typeof organisationSetsSchema>;
