import { AppError, type ErrorCode } from '../../model/app-error.ts';
import { isSignInError } from '../tunnels/failure.ts';

/** A refusal in the form of the API server's own (`metav1.Status`), which clients show to their users. */
export interface Status {
  readonly code: number;
  /** JSON. */
  readonly body: string;
}

/** The reasons of apimachinery's `metav1.StatusReason` that are used here. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  405: 'MethodNotAllowed',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Returns the Status with this HTTP code and message. */
export function statusOf(code: number, message: string): Status {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: reasons[code] ?? 'InternalError',
    code,
  };
  return { code, body: `${JSON.stringify(status)}\n` };
}

const codes: Partial<Record<ErrorCode, number>> = {
  timeout: 504,
  internal: 500,
  'bad-input': 400,
  'kube-unauthorized': 401,
  'access-denied': 403,
  'connector-refused': 403,
  'consent-needed': 403,
};

/** Returns the Status for a request that could not be passed on: what happened, and what to do about it. */
export function statusOfError(error: unknown): Status {
  if (!(error instanceof AppError))
    return statusOf(503, 'k8s-tunnels: the connection to the cluster failed.');
  const { code, message, hint, signIn } = error;
  const isSignIn = signIn !== undefined || isSignInError(code);
  const http = isSignIn && code !== 'access-denied' ? 401 : (codes[code] ?? 503);
  return statusOf(http, `k8s-tunnels: ${message}${hint === undefined ? '' : ` ${hint}`}`);
}
