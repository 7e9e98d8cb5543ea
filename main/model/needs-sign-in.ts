import type { ErrorCode } from './app-error.ts';

const codes: ReadonlySet<ErrorCode> = new Set([
  'aws-session-expired',
  'gcp-session-expired',
  'azure-session-expired',
  'vault-no-token',
]);

/** Returns true if a login may fix the error. Excludes Access, whose login begins when a cluster is connected. */
export function needsSignIn({ code }: { readonly code: ErrorCode }): boolean {
  return codes.has(code);
}
