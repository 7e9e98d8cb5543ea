import { z } from 'zod';
import { entryForms, execApiVersions } from './entry-form.ts';
import { clusterTags } from './organisation-sets.ts';

const settings = z
  .strictObject({
    entryForm: z
      .enum(entryForms)
      .optional()
      .describe('The form of the kubeconfig entry. A user’s choice for one cluster takes precedence.'),
    execApiVersion: z
      .enum(execApiVersions)
      .optional()
      .describe('The exec credential API in the kubeconfig entry.'),
    namespace: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')
      .optional()
      .describe('The namespace of the context.'),
  })
  .describe(
    'What a cluster’s own tags could say. Other settings are the same for all clusters: see `defaults`.',
  );

const rule = z
  .strictObject({
    when: clusterTags.describe(
      'The clusters that it applies to: those that have all of these values; upper and lower case are the same.',
    ),
    connector: z
      .enum(['auto', 'builtin', 'cloudflared', 'direct'])
      .optional()
      .describe('The connector, which `connectors` must allow.'),
    settings: settings.optional(),
  })
  .refine(
    ({ connector, settings: given }) => connector !== undefined || given !== undefined,
    'must have a connector or settings',
  );

/** What an organisation decides for some of its clusters. */
export const organisationRulesSchema = z
  .array(rule)
  .max(50)
  .describe(
    'Connector and settings by cluster. The first rule that matches a cluster applies, as a whole; the tags of the cluster take precedence.',
  );

/** Adds an issue for each rule whose connector the organisation does not allow. */
export function checkConnectorsOfRules(
  organisation: {
    readonly rules?: z.output<typeof organisationRulesSchema> | undefined;
    readonly connectors: readonly string[];
  },
  context: z.RefinementCtx,
): void {
  const { rules = [], connectors } = organisation;
  for (const [at, { connector = 'auto' }] of rules.entries())
    if (connector !== 'auto' && !connectors.includes(connector))
      context.addIssue({
        code: 'custom',
        path: ['rules', at, 'connector'],
        message: `must be one of connectors: ${connectors.join(', ')}`,
      });
}
