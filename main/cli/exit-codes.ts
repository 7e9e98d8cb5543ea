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

const special: Partial<Record<ErrorCode, number>> = {
  'bad-input': exitCodes.badInput,
  'setting-managed': exitCodes.badInput,
  'home-missing': exitCodes.badInput,
  'production-unconfirmed': exitCodes.badInput,
  cancelled: exitCodes.interrupted,
  'not-found': exitCodes.notFound,
  'ambiguous-cluster': exitCodes.notFound,
  timeout: exitCodes.unreachable,
  'aws-no-profile': exitCodes.access,
  'aws-session-expired': exitCodes.access,
  'aws-denied': exitCodes.access,
  'azure-session-expired': exitCodes.access,
  'azure-denied': exitCodes.access,
  'gcp-session-expired': exitCodes.access,
  'gcp-denied': exitCodes.access,
  'login-failed': exitCodes.access,
  'login-timeout': exitCodes.access,
  'login-sealed': exitCodes.access,
  'url-refused': exitCodes.access,
  'vault-no-token': exitCodes.access,
  'vault-denied': exitCodes.access,
  'kube-unauthorized': exitCodes.access,
  'consent-needed': exitCodes.access,
};

export function exitCodeOf(code: ErrorCode): number {
  if (code.startsWith('access-')) return exitCodes.access;
  if (code.startsWith('agent-') || code.startsWith('network-')) return exitCodes.unreachable;
  return special[code] ?? exitCodes.failed;
}
