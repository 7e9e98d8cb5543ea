import { z } from 'zod';
import {
  absoluteFile,
  awsRegion,
  ed25519Key,
  httpsUrl,
  names,
  privateUrl,
  withoutPath,
} from './organisation-fields.ts';
import { organisationPilotSchema } from './organisation-pilot.ts';
import { checkConnectorsOfRules, organisationRulesSchema } from './organisation-rules.ts';
import { organisationSetsSchema } from './organisation-sets.ts';
import { hasRevisionIfSigning, noRevision, signingSchema } from './organisation-signing.ts';
import { aks, catalog, eks, gke } from './organisation-sources.ts';
import { vault } from './organisation-vault.ts';
import { channelSchema } from './release.ts';
import { settingsSchema } from './settings.ts';
import { defaultTagPrefix } from './tag-prefix.ts';

/**
 * The schema of an organisation's configuration, one YAML file. `resources/organisation.schema.json` is generated from
 * it, and editors show the descriptions.
 */

const team = z
  .string()
  .regex(/^[a-z0-9-]+\.cloudflareaccess\.com$/, 'must be <team>.cloudflareaccess.com, in lower case')
  .describe(
    'The Access team, `<team>.cloudflareaccess.com`. A cluster whose application belongs to another team is refused, and no login opens.',
  );

const serviceToken = z
  .strictObject({
    hostnames: z
      .array(
        z
          .string()
          .regex(/^(\*\.)?([a-z0-9-]+\.)+[a-z0-9-]+$/, 'must be a hostname in lower case, or *.domain'),
      )
      .min(1)
      .describe(
        'The hostnames that it is sent to; `*.` at the beginning matches one label. The first entry that lists a hostname counts for it.',
      ),
    clientIdFile: absoluteFile.describe(
      'The absolute path of a file with the Client ID, in one of the folders for such files.',
    ),
    clientSecretFile: absoluteFile.describe('The absolute path of a file with the Client Secret, likewise.'),
  })
  .describe('A service token of Access, for machines. Where its files do not exist, the user signs in.');

const releases = z
  .strictObject({
    url: withoutPath(privateUrl, '/v1/releases')
      .optional()
      .describe("The release feed's address, without /v1/releases."),
    publicKey: ed25519Key
      .optional()
      .describe('The ed25519 key that its releases are signed with: 32 bytes in base64.'),
    publicKeys: z
      .array(ed25519Key)
      .min(1)
      .optional()
      .describe('In place of `publicKey`: the keys that may sign a release. Two while a key is rotated.'),
    channel: channelSchema.optional().describe('The channel of releases. `stable` when left out.'),
  })
  .refine(
    ({ url, publicKey, publicKeys }) =>
      publicKeys !== undefined || (url === undefined) === (publicKey === undefined),
    { path: ['publicKey'], error: 'must be given with a url, and only then' },
  )
  .refine(
    ({ url, publicKey, publicKeys }) =>
      publicKeys === undefined || (url !== undefined && publicKey === undefined),
    { path: ['publicKeys'], error: 'must be given with a url, and in place of publicKey' },
  )
  .describe('The release feed that announces new versions.');

/** Settings that users do not have yet, and one that is checked more closely than theirs. */
const furtherDefaults = {
  awsRegions: z.array(awsRegion).optional(),
  connector: z
    .enum(['auto', 'builtin', 'cloudflared', 'direct'])
    .optional()
    .describe('The connector of clusters for which neither tags nor `rules` name one. No setting of users.'),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')
    .optional()
    .describe('The namespace of contexts for which neither tags nor `rules` name one. No setting of users.'),
};

const environments = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'Values of the tag `environment` that are marked and guarded as production, upper and lower case alike.',
  );

const organisationFields = z.strictObject({
  version: z.literal(1).describe('The version of this format.'),
  name: z.string().trim().min(1).max(100).describe('The name of the organisation that users see.'),
  revision: z
    .int()
    .min(0)
    .optional()
    .describe(
      'A number that you raise with each change. A lower one is then refused, also when its signature is good.',
    ),
  signing: signingSchema.optional(),
  access: z
    .strictObject({
      team: team.optional(),
      serviceTokens: z.array(serviceToken).optional().describe('Service tokens of Access, for machines.'),
    })
    .optional()
    .describe('Cloudflare Access.'),
  sources: z
    .strictObject({
      eks: eks.optional(),
      gke: gke.optional(),
      aks: aks.optional(),
      vault: vault.optional(),
      files: names
        .optional()
        .describe('YAML files that list further clusters: the default of the setting `clusterFiles`.'),
      catalog: catalog.optional(),
      spreadMinutes: z
        .number()
        .min(0)
        .max(120)
        .optional()
        .describe(
          'A refresh that is due begins at a random time within so many minutes, so that computers that start together do not ask together. A refresh that the user asks for, and the first one of a computer, do not wait. 5 when left out.',
        ),
    })
    .optional()
    .describe('Where clusters are discovered.'),
  tagPrefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}-$/, 'must be lower case, at most 32 characters, and end with -')
    .default(defaultTagPrefix)
    .describe('What the keys of tags begin with.'),
  defaults: settingsSchema
    // The first is named by `sources.eks.identityCenter`, the second by `production.readOnly`; the others may name programs
    // to run.
    .omit({ awsPortals: true, productionReadOnly: true, environmentFile: true, terminal: true })
    .partial()
    .extend(furtherDefaults)
    .strict()
    .optional()
    .describe('The values of settings, where the user chose none.'),
  locked: z
    // A user may always open production read-only.
    .array(settingsSchema.omit({ productionReadOnly: true }).keyof())
    .optional()
    .describe(
      'Names of settings that a user cannot change: they have the value of `defaults`, otherwise their default.',
    ),
  production: z
    .strictObject({
      guard: z
        .boolean()
        .default(true)
        .describe(
          '`false`: nobody is asked before a connect or a switch, and connecting a production cluster by name switches the current context to it as to any other. AI clients still ask.',
        ),
      environments: environments.default(['production', 'prod']),
      terminals: z
        .enum(['mark', 'ask'])
        .optional()
        .describe(
          '`ask`: opening a shell, an `env` or an `exec` on a production cluster asks first. With `mark`, or when left out, it is marked only.',
        ),
      readOnly: z
        .boolean()
        .optional()
        .describe('Open production clusters read-only. Users unlock one for a time, with a reason.'),
      unlockMinutes: z
        .int()
        .min(1)
        .max(720)
        .optional()
        .describe('How long an unlock lasts at most, in minutes. 60 when left out.'),
    })
    .default({ guard: true, environments: ['production', 'prod'] })
    .describe('Which clusters are production, and how they are guarded.'),
  connectors: z
    .array(z.enum(['builtin', 'cloudflared', 'direct']))
    .min(1)
    .default(['builtin', 'cloudflared'])
    .describe(
      'The connectors that may be used. `direct`, which goes around Access, only where it is listed.',
    ),
  rules: organisationRulesSchema.optional(),
  sets: organisationSetsSchema.optional(),
  pilot: organisationPilotSchema.optional(),
  releases: releases.optional(),
  links: z
    .strictObject({
      support: httpsUrl.optional().describe('Shown with a failure, and with an agent that cannot start.'),
      accessRequest: httpsUrl.optional().describe('Shown to users that Access denies.'),
    })
    .optional()
    .describe('Pages for users, by `https`.'),
});

export const organisationSchema = organisationFields
  .refine(hasRevisionIfSigning, noRevision)
  .superRefine(checkConnectorsOfRules);

/** An organisation's configuration with its defaults. */
export type Organisation = z.output<typeof organisationSchema>;
