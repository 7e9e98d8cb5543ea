import type { ErrorCode } from '../../main/agent/app-error.ts';

const codes: ReadonlySet<ErrorCode> = new Set([
  'aws-session-expired',
  'gcp-session-expired',
  'azure-session-expired',
  'vault-no-token',
]);

/** Whether a sign-in on the page of accounts may mend it. Access begins its own when a cluster is connected. */
export function needsSignIn({ code }: { readonly code: ErrorCode }): boolean {
  return codes.has(code);
}
