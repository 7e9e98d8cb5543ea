import type { ErrorCode } from '../../../model/app-error.ts';

/** Why Google refuses a call that the caller's own roles would allow. */
interface GcpRefusal {
  readonly code: Extract<ErrorCode, 'gcp-denied' | 'gcp-api-disabled'>;
  readonly message: string;
  readonly hint: string;
}

/**
 * Returns what a reason of a 403 means (`google.api.ErrorReason`,
 * https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto); undefined for those that another
 * role cures. `where` is ` in project …`, or empty.
 */
export function refusalFor(reason: string | undefined, where: string): GcpRefusal | undefined {
  switch (reason) {
    case undefined:
    case 'IAM_PERMISSION_DENIED':
      return undefined;
    case 'SECURITY_POLICY_VIOLATED':
      return {
        code: 'gcp-denied',
        message: `VPC Service Controls of your organisation refuse this call${where}.`,
        hint: "Connect to your organisation's network, or ask a Google Cloud administrator to admit you to the service perimeter.",
      };
    case 'BILLING_DISABLED':
      return {
        // No cluster runs there: an answer, and no failure.
        code: 'gcp-api-disabled',
        message: `GKE does not answer${where}, because no billing account pays for it.`,
        hint: 'If it should have one, ask the owner of the project to link a billing account.',
      };
    case 'CONSUMER_SUSPENDED':
    case 'GCP_SUSPENDED':
      return {
        code: 'gcp-denied',
        message: `Google has suspended what this call needs${where} (${reason}).`,
        hint: 'Ask the owner of the project: Google has written to its contacts why.',
      };
    default:
      return /^[A-Z][A-Z0-9_]{2,62}$/.test(reason)
        ? {
            code: 'gcp-denied',
            message: `Google refuses this call${where} (${reason}).`,
            hint: 'Ask a Google Cloud administrator about this reason; another role may not help.',
          }
        : undefined;
  }
}
