import { z } from 'zod';
import { awsRegion, ed25519Key, httpsUrl, privateUrl, withoutPath } from './organisation-fields.ts';
import { organisationPilotSchema } from './organisation-pilot.ts';
import { checkConnectorsOfRules, organisationRulesSchema } from './organisation-rules.ts';
import { organisationSetsSchema } from './organisation-sets.ts';
import { hasRevisionIfSigning, noRevision, signingSchema } from './organisation-signing.ts';
import { channelSchema } from './release.ts';
import { settingsSchema } from './settings.ts';
import { usualTagPrefix } from './tag-prefix.ts';

/**
 * The schema of an organisation's configuration, one YAML file. `resources/organisation.schema.json` is generated from
 * it, and editors show the descriptions.
 */

const team = z
  .string()
  .regex(/^[a-z0-9-]+\.cloudflareaccess\.com$/, 'must be <team>.cloudflareaccess.com, in lower case')
  .describe('Team domain. A cluster whose application belongs to another team is refused.');

const absoluteFile = z.string().regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path');

const serviceToken = z
  .strictObject({
    hostnames: z
      .array(
        z
          .string()
          .regex(/^(\*\.)?([a-z0-9-]+\.)+[a-z0-9-]+$/, 'must be a host name in lower case, or *.domain'),
      )
      .min(1)
      .describe('The applications that it is shown to; *. at the beginning stands for one label.'),
    clientIdFile: absoluteFile.describe('A file with the Client ID.'),
    clientSecretFile: absoluteFile.describe('A file with the Client Secret.'),
  })
  .describe('A service token of Access, for machines. Where its files are not there, the person signs in.');

const names = z.array(z.string().min(1));
const enabled = z.boolean().optional().describe('Whether clusters are looked for here. On when left out.');

const eks = z.strictObject({
  enabled,
  identityCenter: z
    .array(z.strictObject({ startUrl: httpsUrl, region: awsRegion }))
    .optional()
    .describe('AWS access portals, beside those of the AWS configuration.'),
  regions: z.array(awsRegion).optional().describe('The default of the setting awsRegions.'),
  roles: names.optional().describe('Names of the roles to use, best first; others come after them.'),
});

const gke = z.strictObject({
  enabled,
  oauthClient: z
    .strictObject({ id: z.string().min(1), secret: z.string().min(1).optional() })
    .optional()
    .describe('An OAuth client for desktop apps, to sign in with.'),
  projects: z
    .array(z.string().regex(/^[a-z0-9*.:-]+$/, 'must be a project id, * stands for any characters'))
    .optional()
    .describe('Only these projects; * stands for any characters.'),
});

const aks = z.strictObject({
  enabled,
  tenants: z
    .array(z.string().regex(/^[a-zA-Z0-9.-]+$/, 'must be the id or a domain of a tenant'))
    .optional()
    .describe('Only these Entra tenants, by id or by domain.'),
});

const vaultLogin = z.strictObject({
  method: z
    .enum(['token', 'oidc', 'ldap', 'userpass', 'approle', 'kubernetes'])
    .describe('How people sign in, or machines (approle, kubernetes).'),
  mount: z.string().min(1).optional().describe('Where the method is mounted, when not at its own name.'),
  role: z.string().min(1).optional(),
  roleIdFile: absoluteFile.optional().describe('approle: a file with the role id.'),
  secretIdFile: absoluteFile.optional().describe('approle: a file with the secret id.'),
  jwtFile: absoluteFile
    .optional()
    .describe("kubernetes: a file with the service account's token, when not at the usual place."),
});

const vault = z.strictObject({
  enabled,
  addresses: z
    .array(
      z.strictObject({
        address: privateUrl,
        namespace: z.string().min(1).optional(),
        mounts: names.min(1).describe('KV mounts that hold clusters.'),
        login: vaultLogin
          .optional()
          .describe('How to sign in there: `oidc` when left out. Each address has a session of its own.'),
      }),
    )
    .optional()
    .describe(
      'The first one stands in where VAULT_ADDR is not set; the others are read besides, each with the session of its own address.',
    ),
  skipVerify: z
    .boolean()
    .optional()
    .describe('Whether VAULT_SKIP_VERIFY may switch off the check of certificates. Yes when left out.'),
});

const catalog = z
  .strictObject({
    url: withoutPath(privateUrl, '/v1/catalog').describe("The Worker's address, without /v1/catalog."),
    publicKeys: z
      .array(ed25519Key)
      .min(1)
      .describe('The ed25519 keys that may sign it, each 32 bytes in base64. Two while a key is rotated.'),
    mode: z
      .enum(['only', 'first', 'beside'])
      .default('first')
      .describe(
        '`only`: no cloud is asked. `first`: clouds are asked while there is no valid catalog, and when a user refreshes. `beside`: both are read.',
      ),
  })
  .describe("The organisation's catalog of clusters, which a Worker serves.");

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
      .describe('In place of publicKey: the keys that may sign a release. Two while a key is rotated.'),
    channel: channelSchema.optional().describe('`stable` when left out.'),
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
  .describe('Where people are told of new versions from.');

/** Settings that users do not have yet, and one that is checked more closely than theirs. */
const furtherDefaults = {
  awsRegions: z.array(awsRegion).optional(),
  connector: z.enum(['auto', 'builtin', 'cloudflared', 'direct']).optional(),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')
    .optional(),
};

const environments = z
  .array(z.string().min(1))
  .min(1)
  .describe('Values of the environment tag that are production; upper and lower case are the same.');

const organisationFields = z.strictObject({
  version: z.literal(1),
  name: z.string().trim().min(1).max(100).describe('The name people know the organisation by.'),
  revision: z
    .int()
    .min(0)
    .optional()
    .describe('A number that grows with each change: an older file is then never taken for a newer one.'),
  signing: signingSchema.optional(),
  access: z
    .strictObject({ team: team.optional(), serviceTokens: z.array(serviceToken).optional() })
    .optional(),
  sources: z
    .strictObject({
      eks: eks.optional(),
      gke: gke.optional(),
      aks: aks.optional(),
      vault: vault.optional(),
      files: names.optional().describe('YAML lists of further clusters.'),
      catalog: catalog.optional(),
      spreadMinutes: z
        .number()
        .min(0)
        .max(120)
        .optional()
        .describe(
          'A refresh that is due begins within so many minutes, at a random time, so that computers that start together do not ask together. 5 when left out.',
        ),
    })
    .optional(),
  tagPrefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}-$/, 'must be lower case, at most 32 characters, and end with -')
    .default(usualTagPrefix)
    .describe('What the keys of tags begin with.'),
  defaults: settingsSchema
    // The first is named by `sources.eks.identityCenter`, the second by `production.readOnly`; the others may name programs
    // to run.
    .omit({ awsPortals: true, productionReadOnly: true, environmentFile: true, terminal: true })
    .partial()
    .extend(furtherDefaults)
    .strict()
    .optional()
    .describe('Settings where a person chose nothing.'),
  locked: z
    // A user may always open production read-only.
    .array(settingsSchema.omit({ productionReadOnly: true }).keyof())
    .optional()
    .describe('Settings that a person cannot change: they have the value of `defaults`, or the usual one.'),
  production: z
    .strictObject({
      guard: z.boolean().default(true),
      environments: environments.default(['production', 'prod']),
      terminals: z
        .enum(['mark', 'ask'])
        .optional()
        .describe('`ask`: opening a terminal of a production cluster asks first. Marked only when left out.'),
      readOnly: z
        .boolean()
        .optional()
        .describe('Open production clusters read-only. Users unlock them for a time, with a reason.'),
      unlockMinutes: z
        .int()
        .min(1)
        .max(720)
        .optional()
        .describe('How long an unlock lasts at most, in minutes. 60 when left out.'),
    })
    .default({ guard: true, environments: ['production', 'prod'] })
    .describe('Which clusters are production, and whether making one current asks first.'),
  connectors: z
    .array(z.enum(['builtin', 'cloudflared', 'direct']))
    .min(1)
    .default(['builtin', 'cloudflared'])
    .describe('How clusters may be reached. `direct`, which goes around Access, works only when listed.'),
  rules: organisationRulesSchema.optional(),
  sets: organisationSetsSchema.optional(),
  pilot: organisationPilotSchema.optional(),
  releases: releases.optional(),
  links: z
    .strictObject({ support: httpsUrl.optional(), accessRequest: httpsUrl.optional() })
    .optional()
    .describe('Pages for people: support, and where to ask for access.'),
});

export const organisationSchema = organisationFields
  .refine(hasRevisionIfSigning, noRevision)
  .superRefine(checkConnectorsOfRules);

/** An organisation's configuration with its defaults. */
export type Organisation = z.output<typeof organisationSchema>;
