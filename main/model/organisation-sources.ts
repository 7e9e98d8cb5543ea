import { z } from 'zod';
import {
  awsRegion,
  ed25519Key,
  enabled,
  httpsUrl,
  names,
  privateUrl,
  withoutPath,
} from './organisation-fields.ts';

/** The sources of an organisation's configuration, except Vault. */

export const eks = z
  .strictObject({
    enabled,
    identityCenter: z
      .array(
        z.strictObject({
          startUrl: httpsUrl.describe('The start URL of an access portal.'),
          region: awsRegion.describe('The region of IAM Identity Center.'),
        }),
      )
      .optional()
      .describe('Access portals of IAM Identity Center, in addition to those of `~/.aws/config`.'),
    regions: z.array(awsRegion).optional().describe('The default of the setting `awsRegions`.'),
    roles: names.optional().describe('Names of the AWS roles to use, best first; others come after them.'),
  })
  .describe('Amazon EKS.');

export const gke = z
  .strictObject({
    enabled,
    oauthClient: z
      .strictObject({
        id: z.string().min(1).describe('The Client ID.'),
        secret: z.string().min(1).optional().describe('The Client Secret, where Google requires one.'),
      })
      .optional()
      .describe(
        'An OAuth client for desktop apps, with which `k8s-tunnels login gcp` signs users in; its project needs the Resource Manager and GKE APIs. Without it users run `gcloud auth application-default login`.',
      ),
    projects: z
      .array(z.string().regex(/^[a-z0-9*.:-]+$/, 'must be a project id, * stands for any characters'))
      .optional()
      .describe('Only these projects; `*` matches any characters.'),
  })
  .describe('Google Kubernetes Engine.');

export const aks = z
  .strictObject({
    enabled,
    tenants: z
      .array(z.string().regex(/^[a-zA-Z0-9.-]+$/, 'must be the id or a domain of a tenant'))
      .optional()
      .describe('Only these Entra tenants, by id or domain.'),
  })
  .describe('Azure Kubernetes Service.');

export const catalog = z
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
        '`only`: no cloud is asked. `first`: clouds are asked while there is no valid catalog, and when a user refreshes. `beside`: both are read, and a complete listing counts for its location. Cluster files are always read.',
      ),
  })
  .describe(
    "The organisation's catalog of clusters, which a Worker serves. Users sign in to Access for it; machines show the service token that lists its hostname.",
  );
