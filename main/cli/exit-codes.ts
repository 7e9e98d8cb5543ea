import type { ErrorCode } from '../model/app-error.ts';

/** Exit codes of the command line. Scripts rely on these numbers. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  badInput: 2,
  access: 3,
  notFound: 4,
  unreachable: 5,
  findings: 6,
  partial: 7,
  interrupted: 130,
} as const;

// Every kubectl command loads this file: it is kept short.
const { access, badInput, notFound } = exitCodes;
const special: Partial<Record<ErrorCode, number>> = {
  'bad-input': badInput,
  'setting-managed': badInput,
  'home-missing': badInput,
  'production-unconfirmed': badInput,
  cancelled: exitCodes.interrupted,
  'not-found': notFound,
  'ambiguous-cluster': notFound,
  timeout: exitCodes.unreachable,
  'aws-no-profile': access,
  'aws-session-expired': access,
  'aws-denied': access,
  'azure-session-expired': access,
  'azure-denied': access,
  'gcp-session-expired': access,
  'gcp-denied': access,
  'login-failed': access,
  'login-timeout': access,
  'login-sealed': access,
  'url-refused': access,
  'vault-no-token': access,
  'vault-denied': access,
  'kube-unauthorized': access,
  'consent-needed': access,
};

export function exitCodeOf(code: ErrorCode): number {
  if (code.startsWith('access-')) return access;
  if (code.startsWith('agent-') || code.startsWith('network-')) return exitCodes.unreachable;
  return special[code] ?? exitCodes.failed;
}
