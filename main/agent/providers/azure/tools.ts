import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Environment } from '../../parts.ts';
import { lastWords, programLimitMs, runProgram } from '../../processes/run-program.ts';

/** The limit for a vendor's tool to return a token. It takes seconds to load, but never waits for the user. */
const longestMs = 30_000;

/** What `az account get-access-token` prints; `expires_on`, in seconds, since version 2.54. */
const azSchema = z.object({
  accessToken: z.string().min(1),
  expires_on: z.coerce.number().optional().catch(undefined),
  expiresOn: z.string().optional(),
});
const azdSchema = z.object({ token: z.string().min(1), expiresOn: z.string() });

/**
 * Gets a token from the Azure CLI (`az`) or the Azure Developer CLI (`azd`), as the SDK's credentials of these names
 * do, but ends a hanging tool and its children after 30 s. Rejects with a `CredentialUnavailableError` that gives the
 * reason if the tool fails, so that the next credential of the chain is tried.
 */
export function toolCredential(
  tool: 'az' | 'azd',
  env: Environment,
  /** Returns the subscription whose user has to be asked, if it is not the current one's. */
  subscriptionIn: (tenant: string) => string | undefined = () => undefined,
): TokenCredential {
  return {
    async getToken(asked: string | string[], { tenantId, claims }: GetTokenOptions = {}) {
      const { CredentialUnavailableError } = await import('@azure/identity');
      const scopes = [asked].flat();
      const subscription = tenantId === undefined ? undefined : subscriptionIn(tenantId) || undefined;
      // On Windows they become part of a command line for the shell.
      if (![...scopes, tenantId ?? '', subscription ?? ''].every((word) => /^[\w.:/-]*$/.test(word)))
        throw new CredentialUnavailableError('The scope or the tenant has characters that neither can have.');
      if ((claims ?? '') !== '' && tool === 'az')
        throw new CredentialUnavailableError(
          `Please run ${command`az login --scope ${scopes[0] ?? ''}`}: a claims challenge has to be answered.`,
        );
      const args =
        tool === 'az' ? azArguments(scopes, tenantId, subscription) : azdArguments(scopes, tenantId, claims);
      const cwd = process.platform === 'win32' ? (env.SystemRoot ?? 'C:\\Windows') : '/bin';
      const limitMs = Math.min(longestMs, programLimitMs(env));
      const end = await runProgram({ command: tool, args, cwd, env, limitMs });
      if (end.kind === 'not-started') throw new CredentialUnavailableError(`${tool} could not be found.`);
      if (end.kind !== 'ended') throw hung(tool, limitMs, end.kind === 'cancelled' ? '' : end.lastLine);
      const token = end.exitCode === 0 ? tokenIn(tool, end.stdout) : undefined;
      if (token !== undefined) return token;
      throw new CredentialUnavailableError(end.stderr.slice(0, 4_096) || `${tool} gave no token.`);
    },
  };
}

function azArguments(
  scopes: readonly string[],
  tenantId: string | undefined,
  subscription: string | undefined,
): readonly string[] {
  const resource = (scopes[0] ?? '').replace(/\/\.default$/, '');
  const where =
    subscription !== undefined
      ? ['--subscription', subscription]
      : tenantId === undefined
        ? []
        : ['--tenant', tenantId];
  return ['account', 'get-access-token', '--output', 'json', '--resource', resource, ...where];
}

function azdArguments(
  scopes: readonly string[],
  tenantId: string | undefined,
  claims: string | undefined,
): readonly string[] {
  return [
    ...['auth', 'token', '--output', 'json', '--no-prompt'],
    ...scopes.flatMap((scope) => ['--scope', scope]),
    ...(tenantId === undefined ? [] : ['--tenant-id', tenantId]),
    ...(claims === undefined || claims === ''
      ? []
      : ['--claims', Buffer.from(claims, 'utf8').toString('base64')]),
  ];
}

function tokenIn(tool: 'az' | 'azd', text: string): AccessToken | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const az = azSchema.safeParse(raw).data;
  if (tool === 'az' && az !== undefined) {
    const ends = az.expires_on === undefined ? Date.parse(az.expiresOn ?? '') : az.expires_on * 1_000;
    return Number.isNaN(ends) ? undefined : { token: az.accessToken, expiresOnTimestamp: ends };
  }
  const azd = azdSchema.safeParse(raw).data;
  const ends = Date.parse(azd?.expiresOn ?? '');
  return azd === undefined || Number.isNaN(ends) ? undefined : { token: azd.token, expiresOnTimestamp: ends };
}

function hung(tool: 'az' | 'azd', limitMs: number, lastLine: string): AppError {
  const command = tool === 'az' ? 'az account get-access-token' : 'azd auth token';
  return new AppError(
    'azure-failed',
    `\`${command}\` did not end within ${limitMs / 1_000} s or wrote too much${lastWords(lastLine)}.`,
    { hint: `Run \`${command}\` in a terminal to see why.`, retryable: true },
  );
}
