import { AppError, errnoOf } from '../../../model/app-error.ts';
import { command, commandLine } from '../../../model/command.ts';
import { networkError } from '../../network/network-error.ts';
import type { AzureSignIn } from './cli-sessions.ts';
import type { AzureSession } from './clients.ts';

/** Converts any error of the Azure SDKs. Omits the SDK's own text, which may quote a tool's output. */
export function azureError(options: {
  readonly error: unknown;
  readonly session: Pick<AzureSession, 'signIns' | 'cloud'>;
  readonly tenant: string | undefined;
  /** The action as a role names it, for example `Microsoft.ContainerService/managedClusters/read`. */
  readonly action: string;
  /** The scope for display: `subscription …`. */
  readonly scope: string;
  /** The OAuth scope of the token that was requested, if it was not Azure Resource Manager's. */
  readonly tokenScope?: string;
}): AppError {
  const { error: cause, session, tenant, action, scope, tokenScope } = options;
  if (cause instanceof AppError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const host = new URL(session.cloud.resourceManager).host;
  if (name === 'AbortError') {
    return new AppError('timeout', `Azure did not answer ${action} in ${scope}.`, {
      hint: 'Check your network connection.',
      retryable: true,
      cause,
    });
  }
  const status = statusOf(cause);
  if (status === 429) {
    return new AppError('azure-throttled', `Azure throttles ${action} in ${scope}.`, {
      hint: 'Try again in a minute.',
      retryable: true,
      cause,
    });
  }
  if (status === 403) {
    return new AppError('azure-denied', `Azure does not allow you to call ${action} in ${scope}.`, {
      hint: `Ask an owner of ${scope} for a role that allows ${action}.`,
      cause,
    });
  }
  // The SDK has answered a challenge if the session can.
  if (status === 401) return sessionOver({ session, tenant, tokenScope, cause });
  const errno = errnoBelow(cause);
  if (errno !== undefined) return networkError({ host }, errno);
  if (signInErrors.has(name)) return signInError({ session, tenant, tokenScope, cause });
  return new AppError('azure-failed', `Azure failed to answer ${action} in ${scope} (${status ?? name}).`, {
    hint: 'Try again; if the error persists, see the Azure status page.',
    retryable: true,
    cause,
  });
}

const signInErrors = new Set([
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
]);

type Failed = {
  readonly session: Pick<AzureSession, 'signIns'>;
  readonly tenant: string | undefined;
  readonly tokenScope: string | undefined;
  readonly cause: unknown;
  /** Entra's number: `AADSTS…`. */
  readonly code?: string | undefined;
};

/** Entra's numbers for conditional access: a second factor, a device, a location or terms of use are missing. */
const conditionalAccess = /^AADSTS(5007[2469]|50158|5300\d|530\d{3})$/;

/** The SDK distinguishes an expired session, a missing tool and a failed tool only by text. */
function signInError(failed: Failed): AppError {
  const { cause } = failed;
  const { signIns } = failed.session;
  const userTool = userToolOf(signIns);
  // Each credential of the chain has said why it cannot.
  const said = cause instanceof Error && 'errors' in cause && Array.isArray(cause.errors) ? cause.errors : [];
  const own: unknown = said[signIns.findIndex(({ kind }) => kind === userTool)] ?? cause;
  const text = own instanceof Error ? own.message : '';
  // Entra's numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
  const [code, number] = /AADSTS(\d+)/.exec(text) ?? [];
  if (userTool === undefined) {
    if (number === '7000222') return sessionOver(failed);
    return new AppError(
      'azure-failed',
      `Microsoft Entra does not accept the application of AZURE_CLIENT_ID (${code ?? 'no answer'}).`,
      { hint: 'Check AZURE_TENANT_ID, AZURE_CLIENT_ID and its secret or certificate.', cause },
    );
  }
  const { program, logIn, getToken } = tools[userTool];
  if (/could(n't| not) be found|is( not)? installed/i.test(text) && code === undefined) {
    return new AppError('azure-failed', `${program}, with which you signed in to Azure, is not on PATH.`, {
      hint: `Install ${program} again, or sign in with another tool.`,
      cause,
    });
  }
  if (code !== undefined || text.includes(logIn)) return sessionOver({ ...failed, code });
  return new AppError('azure-failed', `${program} gives no token.`, {
    hint: `Run \`${getToken}\` to see why.`,
    retryable: true,
    cause,
  });
}

function sessionOver({ session, tenant, tokenScope, cause, code = '' }: Failed): AppError {
  const userTool = userToolOf(session.signIns);
  const where = tenant === undefined ? '' : ` in tenant ${tenant}`;
  if (userTool === undefined) {
    return new AppError('azure-session-expired', `The session of AZURE_CLIENT_ID has expired${where}.`, {
      hint: 'Renew the secret or certificate of the application, set its variables again and repeat the command.',
      cause,
    });
  }
  const { logIn, tenantOption } = tools[userTool];
  const words = tenant === undefined ? [] : [tenant];
  const own = commandLine('k8s-tunnels login azure', words);
  // A login of the Azure CLI for its default scope would not be asked for more.
  const byScope =
    userTool === 'cli' && conditionalAccess.test(code) && tokenScope !== undefined
      ? command` --scope ${tokenScope}`
      : '';
  const byTool =
    userTool === 'own'
      ? ''
      : `, or \`${commandLine(words.length > 0 ? `${logIn} ${tenantOption}` : logIn, words)}${byScope}\``;
  return new AppError(
    'azure-session-expired',
    conditionalAccess.test(code)
      ? `Conditional access${where} asks for more than your session at Azure shows (${code}).`
      : `Your session at Azure has expired, or is not sufficient${where}.`,
    {
      hint: `Run \`${own}\`${byTool}.`,
      cause,
      signIn: { provider: 'azure', session: tenant },
    },
  );
}

const tools = {
  own: {
    program: 'k8s-tunnels',
    logIn: 'k8s-tunnels login azure',
    // The session is named by its tenant.
    tenantOption: '',
    getToken: 'k8s-tunnels login azure',
  },
  cli: {
    program: 'The Azure CLI',
    logIn: 'az login',
    tenantOption: '--tenant',
    getToken: 'az account get-access-token',
  },
  powershell: {
    program: 'Azure PowerShell',
    logIn: 'Connect-AzAccount',
    tenantOption: '-Tenant',
    getToken: 'Get-AzAccessToken',
  },
  'developer-cli': {
    program: 'The Azure Developer CLI',
    logIn: 'azd auth login',
    tenantOption: '--tenant-id',
    getToken: 'azd auth token',
  },
} as const;

/** Returns the tool with which a user has signed in; undefined if only applications have. */
function userToolOf(signIns: readonly AzureSignIn[]): keyof typeof tools | undefined {
  for (const { kind } of signIns) if (kind in tools) return kind as keyof typeof tools;
  return undefined;
}

/** Returns the error for a missing session. */
export function notSignedIn(): AppError {
  return new AppError('azure-session-expired', 'You are not signed in to Azure.', {
    hint: 'Run `k8s-tunnels login azure`, or `az login`.',
    signIn: { provider: 'azure' },
  });
}

/** Returns the HTTP status of an answer that the SDK rejected. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error &&
    error.name === 'RestError' &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** Finds the system error below the SDK's errors, which copy its code. */
function errnoBelow(error: unknown): Error | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const errno = errnoOf(at);
    if (errno !== undefined && /^(E[A-Z]|ERR_|[A-Z]+_[A-Z_]+$)/.test(errno) && statusOf(at) === undefined)
      return at;
  }
  return undefined;
}

/** Omits MSAL's own text, except Entra's error number. */
export function loginError(error: unknown, unreachable: AppError | undefined): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (unreachable !== undefined) return unreachable;
  const [code = error.name] = /AADSTS\d+/.exec(error.message) ?? [];
  return new AppError('login-failed', `Microsoft Entra did not accept the sign-in (${code}).`, {
    hint: code.startsWith('AADSTS')
      ? `See https://login.microsoftonline.com/error?code=${code.slice('AADSTS'.length)}, or ask an administrator of the tenant.`
      : 'Sign in again.',
    retryable: true,
    cause: error,
  });
}
