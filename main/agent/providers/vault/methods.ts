import { randomBytes } from 'node:crypto';
import type { client as VaultClient } from 'node-vault';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { openCallback } from '../../logins/callback.ts';
import type { OrganisationFiles } from '../../organisation/organisation-files.ts';
import type { SignInRequest } from '../login-provider.ts';
import { encodePath } from './client.ts';

/** How to sign in to a Vault server: the organisation's method, else OIDC with the mount's default role. */
export interface VaultMethod {
  readonly method: 'token' | 'oidc' | 'ldap' | 'userpass' | 'approle' | 'kubernetes';
  readonly mount?: string | undefined;
  readonly role?: string | undefined;
  readonly roleIdFile?: string | undefined;
  readonly secretIdFile?: string | undefined;
  readonly jwtFile?: string | undefined;
}

/** The redirect address that every role for the vault command allows. */
const oidcCallback = { host: 'localhost', port: 8250, path: '/oidc/callback' } as const;
/** Where Kubernetes mounts a pod's service account token. */
export const serviceAccountFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const authSchema = z.object({ auth: z.object({ client_token: z.string().min(1) }) });
const authUrlSchema = z.object({ data: z.object({ auth_url: z.string() }) });

/** Gets a token. Rejects with node-vault's errors, `login-failed`, `port-busy`, `file-unreadable` or a network code. */
export async function vaultSignIn(options: {
  readonly client: VaultClient;
  readonly login: VaultMethod;
  readonly request: SignInRequest;
  readonly files: OrganisationFiles;
}): Promise<string> {
  const { client, login, request, files } = options;
  const mount = encodePath(login.mount ?? login.method);
  const role = login.role === undefined ? {} : { role: login.role };
  switch (login.method) {
    case 'oidc':
      return byOidc({ client, mount, role: login.role ?? '', request });
    case 'userpass':
    case 'ldap': {
      if (request.password === undefined) {
        throw new AppError('bad-input', 'This Vault asks for a user name and a password.', {
          hint: 'Run `k8s-tunnels login vault` in a terminal.',
        });
      }
      const { username, password } = request.password;
      return tokenIn(await client.write(`auth/${mount}/login/${encodeURIComponent(username)}`, { password }));
    }
    case 'approle': {
      const roleId = await readWord(files, login.roleIdFile, 'roleIdFile');
      const secretId =
        login.secretIdFile === undefined
          ? {}
          : { secret_id: await readWord(files, login.secretIdFile, 'secretIdFile') };
      return tokenIn(await client.write(`auth/${mount}/login`, { role_id: roleId, ...secretId }));
    }
    case 'kubernetes':
      return tokenIn(
        await client.write(`auth/${mount}/login`, {
          ...role,
          jwt: await readWord(files, login.jwtFile ?? serviceAccountFile, 'jwtFile'),
        }),
      );
    case 'token':
      throw new AppError('login-failed', 'This Vault issues its tokens manually.', {
        hint: 'Set VAULT_TOKEN, or run `vault login`.',
      });
  }
}

/** As the vault command does it (openbao and vault: builtin/credential of the jwt plugin, `cli.go`). */
async function byOidc(options: {
  readonly client: VaultClient;
  readonly mount: string;
  readonly role: string;
  readonly request: SignInRequest;
}): Promise<string> {
  const { client, mount, role, request } = options;
  const callback = await openCallback({ ...oidcCallback, title: 'Vault' }, request);
  try {
    const nonce = randomBytes(20).toString('hex');
    const asked = authUrlSchema.safeParse(
      await client.write(`auth/${mount}/oidc/auth_url`, {
        role,
        redirect_uri: callback.redirectUri,
        client_nonce: nonce,
      }),
    );
    const url = asked.success ? URL.parse(asked.data.data.auth_url) : null;
    const state = url?.searchParams.get('state') ?? '';
    // Vault returns an empty address if the role is unknown or does not allow ours.
    if (url === null || state === '') {
      throw new AppError(
        'login-failed',
        `Vault does not start a login for ${role === '' ? 'the default role' : `role ${role}`}.`,
        {
          hint: `Ask a Vault administrator whether the role exists and allows ${callback.redirectUri}.`,
        },
      );
    }
    const received = callback.receive({
      state,
      signal: request.signal,
      async finish(parameters) {
        const query = new URLSearchParams({
          state,
          code: parameters.get('code') ?? '',
          client_nonce: nonce,
        });
        try {
          return tokenIn(await client.read(`auth/${mount}/oidc/callback?${query}`));
        } catch (error) {
          if (error instanceof AppError) throw error;
          throw new AppError('login-failed', 'Vault did not accept the sign-in.', {
            hint: 'Your identity provider knows you, but the role may deny you access: ask a Vault administrator.',
            cause: error,
          });
        }
      },
    });
    received.catch(() => {});
    await request.onUrl(url.href);
    return await received;
  } finally {
    callback.close();
  }
}

function tokenIn(answer: unknown): string {
  const parsed = authSchema.safeParse(answer);
  if (parsed.success) return parsed.data.auth.client_token;
  throw new AppError('login-failed', 'Vault gave no token.', {
    hint: 'It may ask for a second factor, which k8s-tunnels cannot enter: use `vault login`.',
  });
}

/**
 * Reads a file that the organisation has us send to a server: it must be in an allowed folder, and look like an ID or a
 * token.
 */
async function readWord(files: OrganisationFiles, file: string | undefined, field: string): Promise<string> {
  if (file === undefined)
    throw new AppError('login-failed', `The organisation's configuration names no ${field} for this Vault.`);
  const hint = `It is the ${field} of the organisation's configuration.`;
  const bytes = await files.read(file, field);
  if (bytes === undefined)
    throw new AppError('file-unreadable', `${file} could not be read (ENOENT).`, { hint });
  const word = bytes.toString('utf8').trim();
  if (/^[\w.~-]{1,8192}$/.test(word)) return word;
  throw new AppError('login-failed', `${file} holds no id or token.`, { hint });
}
