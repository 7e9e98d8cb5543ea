import { randomUUID } from 'node:crypto';
import type { LoopbackAnswer } from '../loopback-server.ts';

export type Answer = LoopbackAnswer & { readonly kind: 'answer' };

export function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    kind: 'answer',
    statusCode,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-ms-request-id': randomUUID(),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/** A failure as Azure Resource Manager words it. */
export function failure(
  statusCode: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(statusCode, { error: { code, message } }, headers);
}

/** As Resource Graph words it: the reason stands in the details. */
export function graphFailure(
  statusCode: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const support = `Please provide below info when asking for support: timestamp = ${new Date().toISOString()}, correlationId = ${randomUUID()}.`;
  return json(statusCode, { error: { code, message: support, details: [{ code, message }] } }, headers);
}

/** A failure of Microsoft Entra: an OAuth error with a number of its own. */
export function entraFailure(options: {
  readonly statusCode: number;
  readonly error: string;
  readonly number: number;
  readonly message: string;
  /** The claims challenge of conditional access. */
  readonly claims?: string;
}): Answer {
  const { statusCode, error, number, message, claims } = options;
  const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
  const timestamp = new Date().toISOString().replace('T', ' ').replace(/\.\d+/, '');
  return json(statusCode, {
    error,
    error_description: `AADSTS${number}: ${message} Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id} Timestamp: ${timestamp}`,
    error_codes: [number],
    timestamp,
    ...ids,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    ...(claims === undefined ? {} : { claims, suberror: 'basic_action' }),
  });
}
