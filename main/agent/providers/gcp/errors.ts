import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { command, commandLine } from '../../../model/command.ts';
import type { Answer } from '../../network/network.ts';
import { refusalFor } from './refusals.ts';

/** The commands to sign in (again). */
export const gcpLoginHint = 'Run `k8s-tunnels login gcp`, or `gcloud auth application-default login`.';

/** The call that was made, and its project, if it has one. */
export interface GcpCall {
  /** The IAM permission for the call, for example `container.clusters.list`. */
  readonly permission: string;
  /** A role that has the permission and little more. */
  readonly role: string;
  readonly project: string | undefined;
  /** The API, if it is not that of GKE, and what else it needs. */
  readonly api?: { readonly title: string; readonly services: readonly string[] };
  /** The quota project that the call names, if any, and how to name another. For calls without a project. */
  readonly quota?: { readonly project: string | undefined; readonly hint: string };
}

/** Reasons that are about the quota project and not about the caller's own rights (`google.api.ErrorReason`). */
const quotaReasons = new Set(['USER_PROJECT_DENIED', 'CONSUMER_INVALID', 'RESOURCE_PROJECT_INVALID']);

/** The project of gcloud's own OAuth client, which is billed where nothing names another. */
const gcloudProject = '764086051850';

/** `google.rpc.Status` as REST wraps it, with the two details that we use. */
const failureSchema = z.object({
  error: z.object({
    status: z.string().optional(),
    details: z
      .array(
        z.looseObject({
          '@type': z.string(),
          reason: z.string().optional(),
          metadata: z.record(z.string(), z.string()).optional(),
          retryDelay: z.string().optional(),
        }),
      )
      .optional(),
  }),
});

/** A Google API's reason for rejecting a call. */
export interface Refusal {
  /** The HTTP status; 200 if the answer is unreadable. */
  readonly status: number;
  readonly reason: string | undefined;
  /** The billed project, its ID or number. */
  readonly consumer: string | undefined;
}

export function refusalOf(answer: Answer): Refusal & {
  /** How long Google asks us to wait, ms. */
  readonly retryDelayMs: number | undefined;
} {
  const parsed = failureSchema.safeParse(parseJson(answer.body));
  const details = parsed.success ? (parsed.data.error.details ?? []) : [];
  const info = details.find(({ '@type': type }) => type.endsWith('/google.rpc.ErrorInfo'));
  const delay = details.find(({ '@type': type }) => type.endsWith('/google.rpc.RetryInfo'))?.retryDelay;
  const header = answer.headers['retry-after'];
  const seconds = Number(header ?? delay?.replace(/s$/, ''));
  return {
    status: answer.status,
    reason: info?.reason,
    consumer: consumerIn(info?.metadata),
    retryDelayMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
  };
}

function consumerIn(metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  return metadata?.consumer?.replace(/^projects\//, '');
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Converts a rejection of a Google API; omits Google's own text. */
export function answerError(refusal: Refusal, call: GcpCall): AppError {
  const { permission, role, project, quota } = call;
  const quotaHint =
    quota?.hint ??
    'Run `gcloud auth application-default set-quota-project PROJECT` with a project that you may use.';
  const where = project === undefined ? '' : ` in project ${project}`;
  const { status, reason, consumer } = refusal;
  if (status === 401) {
    return new AppError('gcp-session-expired', 'Google no longer accepts your session.', {
      hint: gcpLoginHint,
      signIn: { provider: 'gcp' },
    });
  }
  if (status === 429) {
    return new AppError(
      'gcp-throttled',
      `Google throttles ${permission}${where}, even after several attempts.`,
      {
        hint: 'Try again in a minute.',
        retryable: true,
      },
    );
  }
  if (status === 403 && reason === 'SERVICE_DISABLED') {
    if (project !== undefined) {
      const { title = 'GKE', services = ['container.googleapis.com'] } = call.api ?? {};
      return new AppError('gcp-api-disabled', `The ${title} API is not enabled in project ${project}.`, {
        hint: `If it should be, run \`${commandLine('gcloud services enable', services)}${command` --project ${project}`}\`.`,
      });
    }
    if (quota?.project === undefined && (consumer === undefined || consumer === gcloudProject)) {
      return new AppError('gcp-failed', 'Your Google session names no quota project to list projects.', {
        hint: quotaHint,
      });
    }
    const payer = `project ${quota?.project ?? consumer}`;
    return new AppError('gcp-failed', `The Resource Manager API is not enabled in quota ${payer}.`, {
      hint: `${quotaHint} Or enable the API cloudresourcemanager.googleapis.com in ${payer}.`,
    });
  }
  const isQuota = quotaReasons.has(reason ?? '') || (project === undefined && reason === 'BILLING_DISABLED');
  const billed = quota?.project ?? (isQuota ? consumer : undefined);
  if (billed !== undefined && (isQuota || status === 400)) {
    return new AppError(
      'gcp-denied',
      `Google does not let you use the quota project ${billed} (${reason ?? `HTTP ${status}`}).`,
      {
        hint: `${quotaHint} Or ask for the role roles/serviceusage.serviceUsageConsumer in project ${billed}.`,
      },
    );
  }
  if (status === 403 && reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT') {
    return new AppError('gcp-denied', 'Your Google session has no access to cloud projects.', {
      hint: 'Run `k8s-tunnels login gcp`, or `gcloud auth application-default login`, and tick every box.',
    });
  }
  const refused = status === 403 ? refusalFor(reason, where) : undefined;
  if (refused !== undefined) return new AppError(refused.code, refused.message, { hint: refused.hint });
  if (status === 403 || status === 404) {
    return new AppError('gcp-denied', `Your Google account may not call ${permission}${where}.`, {
      hint: `Ask a Google Cloud administrator for the role ${role}${where}.`,
    });
  }
  const what = status === 200 ? 'unreadable answer' : status;
  return new AppError('gcp-failed', `Google failed to answer ${permission}${where} (${what}).`, {
    hint: 'Try again; if the error persists, see https://status.cloud.google.com.',
    retryable: true,
  });
}

/** google-gax's `GoogleError`, as far as we read it. */
const googleErrorSchema = z.object({
  httpStatusCode: z.number().default(200),
  reason: z.string().optional(),
  errorInfoMetadata: z.record(z.string(), z.string()).optional(),
});

/** Converts an error of Google's SDK. That error holds the request with its token, so it must not become the cause. */
export function callError(error: unknown, call: GcpCall): AppError {
  const own = appErrorIn(error);
  if (own !== undefined) return own;
  const { data } = googleErrorSchema.safeParse(error);
  const { httpStatusCode: status = 200, reason, errorInfoMetadata } = data ?? {};
  return answerError({ status, reason, consumer: consumerIn(errorInfoMetadata) }, call);
}

/** Finds our network's error, which Google's libraries wrap in theirs. */
function appErrorIn(error: unknown): AppError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AppError) return cause;
  }
  return undefined;
}

/** Credentials of a signed-in user. */
const userTypes = new Set([
  'authorized_user',
  'external_account_authorized_user',
  'impersonated_service_account',
]);

/** The token endpoint's answer, with the error codes of OAuth. */
const refusalSchema = z.object({ response: z.object({ data: z.object({ error: z.string() }) }) });

/**
 * Converts a failed token request. The library's error holds the request with its secrets, so it must not become the
 * cause.
 */
export function signInError(options: {
  readonly error: unknown;
  /** The type of the credentials. */
  readonly type: string;
  readonly file: string;
}): AppError {
  const { error, type, file } = options;
  const own = appErrorIn(error);
  if (own !== undefined) return own;
  const parsed = refusalSchema.safeParse(error);
  const refusal = parsed.success ? parsed.data.response.data.error : undefined;
  if (refusal === 'invalid_grant' && userTypes.has(type)) {
    return new AppError('gcp-session-expired', 'Your Google session has expired or was revoked.', {
      hint: gcpLoginHint,
      signIn: { provider: 'gcp' },
    });
  }
  if (refusal !== undefined && /^[a-z_]{1,40}$/.test(refusal)) {
    return new AppError('gcp-failed', `Google does not accept the credentials in ${file} (${refusal}).`, {
      hint:
        type === 'service_account'
          ? 'Its key may have been deleted: ask for a new one.'
          : 'Renew them, or ask the owner of the file.',
    });
  }
  return new AppError('gcp-failed', `The credentials in ${file} gave no token.`, {
    hint: 'Run `gcloud auth application-default print-access-token` to see why.',
    retryable: true,
  });
}
