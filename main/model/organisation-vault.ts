import { z } from 'zod';
import { absoluteFile, enabled, names, privateUrl } from './organisation-fields.ts';

const vaultLogin = z.strictObject({
  method: z
    .enum(['token', 'oidc', 'ldap', 'userpass', 'approle', 'kubernetes'])
    .describe(
      'How `k8s-tunnels login vault` signs in: users by `oidc`, `userpass`, `ldap` or a `token` of their own, machines by `approle` or `kubernetes`.',
    ),
  mount: z.string().min(1).optional().describe('Where the method is mounted; at its own name when left out.'),
  role: z
    .string()
    .min(1)
    .optional()
    .describe('The role to ask for. One for `oidc` must allow `http://localhost:8250/oidc/callback`.'),
  roleIdFile: absoluteFile
    .optional()
    .describe('For `approle`: the absolute path of a file with the role id.'),
  secretIdFile: absoluteFile
    .optional()
    .describe('For `approle`: the absolute path of a file with the secret id.'),
  jwtFile: absoluteFile
    .optional()
    .describe(
      "For `kubernetes`: a file with the service account's token; where Kubernetes mounts it when left out.",
    ),
});

/** Vault in an organisation's configuration. */
export const vault = z
  .strictObject({
    enabled,
    addresses: z
      .array(
        z.strictObject({
          address: privateUrl.describe('The address of a Vault server.'),
          namespace: z.string().min(1).optional().describe('The namespace of the mounts.'),
          mounts: names
            .min(1)
            .describe(
              'KV mounts that contain clusters, as in the setting `vaultMounts`, whose default those of the first address are.',
            ),
          login: vaultLogin
            .optional()
            .describe(
              'How users, or machines, sign in to this server: `oidc` when left out. Each address has a session of its own.',
            ),
        }),
      )
      .optional()
      .describe(
        'Vault servers. The first is used where VAULT_ADDR is not set; the others are read too, each with the session of its own address.',
      ),
    skipVerify: z
      .boolean()
      .optional()
      .describe(
        '`false`: nobody can switch off the check of certificates with VAULT_SKIP_VERIFY. `true` when left out.',
      ),
  })
  .describe('HashiCorp Vault.');
