import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import { gcpLoginHint } from './errors.ts';

/** How the user renews credentials that have ended. A login that another file or a variable comes before is none. */
export interface GcpRenewal {
  readonly hint: string;
  readonly signIn?: { readonly provider: 'gcp' };
}

/** Returns how credentials are renewed, by their kind (https://cloud.google.com/sdk/gcloud/reference/auth/application-default/login). */
export function renewalOf(options: {
  readonly type: string;
  readonly file: string;
  /** Whether GOOGLE_APPLICATION_CREDENTIALS names the file: then no login takes its place. */
  readonly isNamed: boolean;
  /** The service account that they impersonate. */
  readonly impersonated: string | undefined;
}): GcpRenewal {
  const { type, file, isNamed, impersonated } = options;
  if (isNamed)
    return {
      hint: `Renew ${file}, or unset GOOGLE_APPLICATION_CREDENTIALS, which names it, and run \`k8s-tunnels login gcp\`.`,
    };
  // A login of a person would go on as that person.
  if (type === 'impersonated_service_account' && impersonated !== undefined)
    return {
      hint: `Run \`${command`gcloud auth application-default login --impersonate-service-account=${impersonated}`}\`.`,
    };
  if (type === 'external_account_authorized_user')
    return {
      hint: 'Run `gcloud auth application-default login --login-config=FILE` with the login configuration of your organisation.',
    };
  return { hint: gcpLoginHint, signIn: { provider: 'gcp' } };
}

/** Names the account in an error about its session, if there are several, and the cure. Returns any other error unchanged. */
export function withRenewal(
  error: unknown,
  { session, renewal }: { readonly session: string | undefined; readonly renewal: GcpRenewal },
): unknown {
  if (!(error instanceof AppError) || error.code !== 'gcp-session-expired') return error;
  if (session === undefined) return new AppError(error.code, error.message, renewal);
  return new AppError(error.code, `The Google session of ${session} has expired or was revoked.`, {
    hint: `Run \`${command`k8s-tunnels login gcp ${session}`}\`.`,
    signIn: { provider: 'gcp', session },
  });
}
