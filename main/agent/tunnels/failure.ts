import { AppError, type ErrorCode, toPlainError } from '../../model/app-error.ts';
import type { Failure, Stage } from '../../model/tunnel-state.ts';

/** The stage on the path to the API server at which each error occurs, and who can fix it. */
const stages: Partial<Record<ErrorCode, readonly [Stage, Failure['mender']]>> = {
  'network-unreachable': ['edge', 'network'],
  'network-proxy': ['edge', 'network'],
  'network-untrusted': ['edge', 'network'],
  'answer-refused': ['edge', 'network'],
  timeout: ['edge', 'network'],
  'edge-failed': ['edge', 'access-administrator'],
  'connector-unavailable': ['local', 'you'],
  'port-busy': ['local', 'you'],
  'port-failed': ['local', 'you'],
  'file-unreadable': ['local', 'you'],
  'file-invalid': ['local', 'you'],
  'file-unwritable': ['local', 'you'],
  'disk-full': ['local', 'you'],
  'home-missing': ['local', 'you'],
  'production-read-only': ['local', 'you'],
  'connector-refused': ['edge', 'access-administrator'],
  'access-no-application': ['access', 'access-administrator'],
  'access-app-info': ['access', 'network'],
  'access-login-needed': ['access', 'you'],
  'access-login-failed': ['access', 'you'],
  'access-login-timeout': ['access', 'you'],
  'access-denied': ['access', 'access-administrator'],
  'access-foreign-team': ['access', 'access-administrator'],
  'origin-failed': ['origin', 'cluster-administrator'],
  'kube-untrusted': ['tls', 'cluster-administrator'],
  'kube-unready': ['readyz', 'cluster-administrator'],
  'kube-unauthorized': ['readyz', 'cluster-administrator'],
};

/** Who can fix a stage that timed out. */
const waitedFor: Readonly<Record<Stage, Failure['mender']>> = {
  local: 'you',
  edge: 'network',
  access: 'network',
  origin: 'cluster-administrator',
  tls: 'cluster-administrator',
  readyz: 'cluster-administrator',
};

/**
 * Converts an error into a tunnel's failure. `reached` is the first stage that had not passed, for errors that name
 * none.
 */
export function failureFrom(error: unknown, reached: Stage): Failure {
  const known = error instanceof AppError ? stages[error.code] : undefined;
  // A timeout belongs to the stage that was in progress.
  const isTimeout = error instanceof AppError && error.code === 'timeout';
  const stage = known === undefined || isTimeout ? reached : known[0];
  const mender = isTimeout ? waitedFor[stage] : (known?.[1] ?? 'you');
  return { stage, error: toPlainError(error), mender: (error instanceof AppError && error.mender) || mender };
}

/** Returns true if the error means that a sign-in in the browser is missing. */
export function isSignInError(code: ErrorCode): boolean {
  return code === 'access-login-needed' || code === 'access-login-failed' || code === 'access-login-timeout';
}

/**
 * Returns true if a retry cannot fix the failure: the user has to act first. The edge's certificate is another one, without
 * an act of the user here, once a captive portal lets the computer through or its clock is set.
 */
export function isFinal({ error: { code, retryable } }: Failure): boolean {
  return !retryable && code !== 'network-untrusted';
}
