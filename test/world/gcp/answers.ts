import type { LoopbackAnswer } from '../loopback-server.ts';

/** A failure as Google words it, for REST and for gRPC. */
export interface GoogleFailure {
  readonly httpStatus: number;
  /** Of gRPC. */
  readonly code: number;
  readonly status: string;
  readonly message: string;
  readonly details: readonly GoogleDetail[];
  readonly retryAfterSeconds?: number | undefined;
}

export type GoogleDetail = { readonly '@type': string; readonly [key: string]: unknown };

export type GoogleAnswer =
  | { readonly kind: 'ok'; readonly body: object }
  | { readonly kind: 'failure'; readonly failure: GoogleFailure }
  | { readonly kind: 'drop' };

/** An API of Google's and one of its methods, for the words of its failures. */
export interface GoogleMethod {
  readonly service: string;
  readonly title: string;
  readonly method: string;
  /** What IAM wants for it. */
  readonly permission: string;
}

const type = (name: string) => `type.googleapis.com/google.rpc.${name}`;

function errorInfo(reason: string, domain: string, metadata: Readonly<Record<string, string>>): GoogleDetail {
  return { '@type': type('ErrorInfo'), reason, domain, metadata };
}

export function ok(body: object): GoogleAnswer {
  return { kind: 'ok', body };
}

function fail(failure: GoogleFailure): GoogleAnswer {
  return { kind: 'failure', failure };
}

export function unauthenticated(api: GoogleMethod, given: 'missing' | 'unknown'): GoogleAnswer {
  const { service, method } = api;
  const beginning =
    given === 'missing'
      ? 'Request is missing required authentication credential.'
      : 'Request had invalid authentication credentials.';
  return fail({
    httpStatus: 401,
    code: 16,
    status: 'UNAUTHENTICATED',
    message: `${beginning} Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.`,
    details: [
      errorInfo(given === 'missing' ? 'CREDENTIALS_MISSING' : 'ACCESS_TOKEN_EXPIRED', 'googleapis.com', {
        service,
        method,
      }),
    ],
  });
}

export function serviceDisabled(api: GoogleMethod, number: string): GoogleAnswer {
  const { service, title } = api;
  const activationUrl = `https://console.developers.google.com/apis/api/${service}/overview?project=${number}`;
  const message = `${title} has not been used in project ${number} before or it is disabled. Enable it by visiting ${activationUrl} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`;
  return fail({
    httpStatus: 403,
    code: 7,
    status: 'PERMISSION_DENIED',
    message,
    details: [
      errorInfo('SERVICE_DISABLED', 'googleapis.com', {
        service,
        serviceTitle: title,
        consumer: `projects/${number}`,
        containerInfo: number,
        activationUrl,
      }),
      { '@type': type('LocalizedMessage'), locale: 'en-US', message },
      {
        '@type': type('Help'),
        links: [{ description: 'Google developers console API activation', url: activationUrl }],
      },
    ],
  });
}

export function permissionDenied(api: GoogleMethod, resource: string): GoogleAnswer {
  const { service, permission } = api;
  return fail({
    httpStatus: 403,
    code: 7,
    status: 'PERMISSION_DENIED',
    message: `Required "${permission}" permission(s) for "${resource}".`,
    details: [errorInfo('IAM_PERMISSION_DENIED', service, { permission, resource })],
  });
}

/** A refusal for another reason than the roles of the caller. */
export function refusedBy(api: GoogleMethod, number: string, reason: string): GoogleAnswer {
  const { service } = api;
  return fail({
    httpStatus: 403,
    code: 7,
    status: 'PERMISSION_DENIED',
    message: `Request is refused for project ${number}.`,
    details: [errorInfo(reason, 'googleapis.com', { service, consumer: `projects/${number}` })],
  });
}

/** The caller may not have a project billed, or there is none of that name. */
export function userProjectDenied(api: GoogleMethod, project: string): GoogleAnswer {
  const { service } = api;
  return fail({
    httpStatus: 403,
    code: 7,
    status: 'PERMISSION_DENIED',
    message: `Caller does not have required permission to use project ${project}. Grant the caller the roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission.`,
    details: [
      errorInfo('USER_PROJECT_DENIED', 'googleapis.com', { consumer: `projects/${project}`, service }),
    ],
  });
}

export function quotaExceeded(
  api: GoogleMethod,
  number: string,
  retryAfterSeconds: number | undefined,
): GoogleAnswer {
  const { service } = api;
  return fail({
    httpStatus: 429,
    code: 8,
    status: 'RESOURCE_EXHAUSTED',
    message: `Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service '${service}' for consumer 'project_number:${number}'.`,
    details: [
      errorInfo('RATE_LIMIT_EXCEEDED', 'googleapis.com', {
        service,
        consumer: `projects/${number}`,
        quota_metric: `${service}/read_requests`,
        quota_limit: 'ReadRequestsPerMinutePerProject',
      }),
    ],
    retryAfterSeconds,
  });
}

export function notFound(resource: string): GoogleAnswer {
  const message = `Not found: ${resource}.`;
  return fail({ httpStatus: 404, code: 5, status: 'NOT_FOUND', message, details: [] });
}

export function invalidArgument(message: string): GoogleAnswer {
  return fail({ httpStatus: 400, code: 3, status: 'INVALID_ARGUMENT', message, details: [] });
}

export const internal: GoogleAnswer = fail({
  httpStatus: 500,
  code: 13,
  status: 'INTERNAL',
  message: 'Internal error encountered.',
  details: [],
});

/** Over REST. */
export function restAnswer(answer: GoogleAnswer): LoopbackAnswer {
  if (answer.kind === 'drop') return { kind: 'drop' };
  if (answer.kind === 'ok') return json(200, answer.body);
  const { httpStatus, status, message, details, retryAfterSeconds } = answer.failure;
  const more = details.length === 0 ? {} : { details };
  return json(
    httpStatus,
    { error: { code: httpStatus, message, status, ...more } },
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}

export function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): LoopbackAnswer {
  return {
    kind: 'answer',
    statusCode,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}
