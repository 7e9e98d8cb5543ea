import { shownText } from '../redaction/shown-text.ts';
import type { LoginProviderKind } from './login-providers.ts';
import type { Mender } from './tunnel-state.ts';

/** All error codes. Shells and tests distinguish errors by code, never by message. */
export const errorCodes = [
  'internal',
  'bad-input',
  'cancelled',
  'timeout',
  'not-found',
  'ambiguous-cluster',
  'home-missing',
  'file-unreadable',
  'file-invalid',
  'file-unwritable',
  'disk-full',
  'agent-unreachable',
  'agent-handing-over',
  'agent-foreign',
  'agent-version',
  'network-unreachable',
  'network-proxy',
  'network-untrusted',
  'answer-refused',
  'aws-no-profile',
  'aws-session-expired',
  'aws-denied',
  'aws-region-disabled',
  'aws-throttled',
  'aws-failed',
  'azure-session-expired',
  'azure-denied',
  'azure-throttled',
  'azure-failed',
  'gcp-session-expired',
  'gcp-denied',
  'gcp-api-disabled',
  'gcp-throttled',
  'gcp-failed',
  'vault-no-token',
  'vault-denied',
  'vault-failed',
  'login-failed',
  'login-timeout',
  'login-sealed',
  'setting-managed',
  'organisation-refused',
  'organisation-unavailable',
  'no-tunnel',
  'connector-refused',
  'connector-unavailable',
  'production-unconfirmed',
  'production-read-only',
  'confirmation-needed',
  'url-refused',
  'access-no-application',
  'access-app-info',
  'access-login-needed',
  'access-login-failed',
  'access-login-timeout',
  'access-denied',
  'access-foreign-team',
  'edge-failed',
  'origin-failed',
  'port-busy',
  'port-failed',
  'kube-untrusted',
  'kube-unauthorized',
  'kube-unready',
  'kubeconfig-unreadable',
  'kubeconfig-invalid',
  'kubeconfig-unsupported',
  'kubeconfig-locked',
  'kubeconfig-unwritable',
  'kubeconfig-conflict',
  'kubeconfig-entry',
  'credential-failed',
  'consent-needed',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error as plain data, to cross a socket, a page or a file. Its schema is in error-schema.ts. */
export interface PlainError {
  readonly code: ErrorCode;
  /** One sentence for users that names the file, field, tag or host. Never contains a secret. */
  readonly message: string;
  /** The next step, and who can do it. */
  readonly hint?: string | undefined;
  /** True if the same call may succeed later without any change. */
  readonly retryable: boolean;
}

/** The login that fixes an error. Without a session, the provider's only one. */
export interface NeededSignIn {
  readonly provider: LoginProviderKind;
  readonly session?: string | undefined;
}

/** Longest error text. Longer ones contain another program's output. */
const longest = 8 * 1024;

/**
 * The project's only error class. Removes secrets and control characters from its texts, which may repeat another
 * program's output.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  /** Not sent to shells. */
  readonly signIn: NeededSignIn | undefined;
  /** Who can fix the error, if the code does not determine it. Sent to shells only in a tunnel's failure. */
  readonly mender: Mender | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly retryable?: boolean;
      readonly cause?: unknown;
      readonly signIn?: NeededSignIn | undefined;
      readonly mender?: Mender | undefined;
    } = {},
  ) {
    super(shownText(message, longest), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint === undefined ? undefined : shownText(options.hint, longest);
    this.retryable = options.retryable ?? false;
    this.signIn = options.signIn;
    this.mender = options.mender;
  }
}

/**
 * Converts any thrown value to plain data without secrets. An unknown error becomes `internal` with its own message.
 */
export function toPlainError(error: unknown): PlainError {
  if (isAppError(error)) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      retryable: error.retryable,
    };
  }
  return {
    code: 'internal',
    message: shownText(error instanceof Error ? error.message : String(error), longest),
    retryable: false,
  };
}

/**
 * Compares the name, because the bundles of the command line, the agent and the window's server each have their own
 * class.
 */
function isAppError(error: unknown): error is AppError {
  return error instanceof Error && error.name === 'AppError' && 'code' in error;
}

/** Converts plain data back to an error that can be thrown. */
export function fromPlainError(plain: PlainError): AppError {
  return new AppError(plain.code, plain.message, { hint: plain.hint, retryable: plain.retryable });
}

/** Returns the errno code (`ENOENT`, `EADDRINUSE`, …) of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
