import { AppError, type ErrorCode, toPlainError } from '../../model/app-error.ts';
import type { Failure, Stage } from '../../model/tunnel-state.ts';

/** Where each error belongs on the way to the API server, and who can mend it. */
const places: Partial<Record<ErrorCode, readonly [Stage, Failure['mender']]>> = {
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
};

/** Who can fix a stage that does not answer in time. */
const waitedFor: Readonly<Record<Stage, Failure['mender']>> = {
  local: 'you',
  edge: 'network',
  access: 'network',
  origin: 'cluster-administrator',
  tls: 'cluster-administrator',
  readyz: 'cluster-administrator',
};

/** An error as a tunnel's failure. `reached` is the first stage that had not passed, for errors that tell none. */
export function failureFrom(error: unknown, reached: Stage): Failure {
  const known = error instanceof AppError ? places[error.code] : undefined;
  // A time-out counts for the stage that was being waited for.
  const isTimeout = error instanceof AppError && error.code === 'timeout';
  const stage = known === undefined || isTimeout ? reached : known[0];
  const mender = isTimeout ? waitedFor[stage] : (known?.[1] ?? 'you');
  return { stage, error: toPlainError(error), mender: (error instanceof AppError && error.mender) || mender };
}

/** Whether a sign-in in the browser is what is missing. */
export function isSignInError(code: ErrorCode): boolean {
  return code === 'access-login-needed' || code === 'access-login-failed' || code === 'access-login-timeout';
}

/** Failures that trying again will not mend: a person has to act first. */
export function isFinal(failure: Failure): boolean {
  return !failure.error.retryable;
}
