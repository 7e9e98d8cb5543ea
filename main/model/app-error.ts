import { shownText } from '../redaction/shown-text.ts';
import type { LoginProviderKind } from './login-providers.ts';
import type { Mender } from './tunnel-state.ts';

/** Every code an error can carry. Shells and tests tell errors apart by these, never by message text. */
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
  'tag-invalid',
  'setting-managed',
  'organisation-refused',
  'organisation-unavailable',
  'no-tunnel',
  'connector-refused',
  'connector-unavailable',
  'production-unconfirmed',
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
  'credential-failed',
  'consent-needed',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error as plain data: what crosses a socket, a page or a file. Its schema is in error-schema.ts. */
export interface PlainError {
  readonly code: ErrorCode;
  /** One sentence for people: names the file, field, tag or host. Never holds a secret. */
  readonly message: string;
  /** The next step, and who can take it. */
  readonly hint?: string | undefined;
  /** True when the same call may succeed later with nothing changed. */
  readonly retryable: boolean;
}

/** A sign-in that would mend an error; without a session, the provider's only one is meant. */
export interface NeededSignIn {
  readonly provider: LoginProviderKind;
  readonly session?: string | undefined;
}

/** An error is a sentence or two: the rest of a longer text is some program's output. */
const longest = 8 * 1024;

/** The one error class of the project. What another program said and it repeats is rid of secrets and of control characters. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  /** Stays within the agent. */
  readonly signIn: NeededSignIn | undefined;
  /** Who can fix it, where the code alone does not tell. Stays within the agent, but for a tunnel's failure. */
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

/** Any thrown value as plain data, without secrets. An unknown error becomes `internal` with its own message. */
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

/** By name: the built command line, agent and window's server are bundles, each with a class of its own. */
function isAppError(error: unknown): error is AppError {
  return error instanceof Error && error.name === 'AppError' && 'code' in error;
}

/** The way back: plain data as an error that can be thrown. */
export function fromPlainError(plain: PlainError): AppError {
  return new AppError(plain.code, plain.message, { hint: plain.hint, retryable: plain.retryable });
}

/** The errno code (`ENOENT`, `EADDRINUSE`, …) of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
