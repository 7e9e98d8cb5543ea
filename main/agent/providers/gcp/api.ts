import type { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { GcpAccess, GcpParts } from './adc.ts';
import { answerError, type GcpCall, parseJson, refusalOf } from './errors.ts';
import { getPatiently } from './request.ts';

/**
 * Sends one GET to an API of Google over our own network. Rejects with a `gcp-…` code, `cancelled`, `timeout` or another
 * network code. Waits for quotas as Google asks, unless `limitMs` is set: then it asks once.
 */
export async function askGcp<T>(options: {
  readonly parts: GcpParts;
  readonly access: GcpAccess;
  /** Resource Manager where undefined. */
  readonly service?: 'gkehub';
  readonly limitMs?: number;
  /** Relative to the service's address, without a leading slash, with the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly call: GcpCall;
  readonly schema: z.ZodType<T>;
  readonly signal: AbortSignal;
}): Promise<T> {
  const { parts, access, service = 'cloudresourcemanager', limitMs, path, call, schema, signal } = options;
  const url = new URL(path, addressOf(service, parts, access));
  const headers = {
    ...options.headers,
    authorization: `Bearer ${access.token}`,
    accept: 'application/json',
  };
  const answer = await (limitMs === undefined
    ? getPatiently({ parts, url, headers, signal })
    : parts.network.request(url, { headers, signal, timeoutMs: limitMs }));
  const read = schema.safeParse(answer.status === 200 ? parseJson(answer.body) : undefined);
  // A captive portal also answers 200 in Google's place.
  if (!read.success) throw answerError(refusalOf(answer), call);
  return read.data;
}

/** Returns the address, with a trailing slash. For Private Service Connect, gcloud's own variables override it. */
export function addressOf(
  service: 'container' | 'cloudresourcemanager' | 'gkehub',
  { env }: GcpParts,
  { universe }: GcpAccess,
): string {
  const elsewhere =
    env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`] || `https://${service}.${universe}/`;
  if (!URL.canParse(elsewhere)) {
    throw new AppError('bad-input', `The address of ${service} in gcloud's settings is invalid.`, {
      hint: `Correct CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}, or unset it.`,
    });
  }
  return elsewhere.endsWith('/') ? elsewhere : `${elsewhere}/`;
}
