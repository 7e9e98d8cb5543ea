import type { ErrorCode } from './app-error.ts';

const codes: ReadonlySet<ErrorCode> = new Set([
  'aws-session-expired',
  'gcp-session-expired',
  'azure-session-expired',
  'vault-no-token',
]);

/** Whether a sign-in may fix it. Access begins its own when a cluster is connected. */
export function needsSignIn({ code }: { readonly code: ErrorCode }): boolean {
  return codes.has(code);
}
