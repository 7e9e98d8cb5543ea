import type { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { GcpAccess, GcpParts } from './adc.ts';
import { answerError, type GcpCall, parseJson, refusalOf } from './errors.ts';
import { getPatiently } from './request.ts';

/**
 * One GET of Resource Manager, over our own network: one search is all that we want of it.
 * Rejects with a `gcp-…` code, `cancelled`, `timeout` or another network code. Quotas are waited for, as Google asks.
 */
export async function askGcp<T>(options: {
  readonly parts: GcpParts;
  readonly access: GcpAccess;
  /** Below the service's address, without a leading slash, query and all. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly call: GcpCall;
  readonly schema: z.ZodType<T>;
  readonly signal: AbortSignal;
}): Promise<T> {
  const { parts, access, path, headers, call, schema, signal } = options;
  const answer = await getPatiently({
    parts,
    url: new URL(path, addressOf('cloudresourcemanager', parts, access)),
    headers: { ...headers, authorization: `Bearer ${access.token}`, accept: 'application/json' },
    signal,
  });
  const read = schema.safeParse(answer.status === 200 ? parseJson(answer.body) : undefined);
  // A portal that wants a login of its own answers 200 too, in Google's place.
  if (!read.success) throw answerError(refusalOf(answer), call);
  return read.data;
}

/** Ends with a slash. Elsewhere for Private Service Connect: gcloud's own variables say where. */
export function addressOf(
  service: 'container' | 'cloudresourcemanager',
  { env }: GcpParts,
  { universe }: GcpAccess,
): string {
  const elsewhere =
    env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`] || `https://${service}.${universe}/`;
  if (!URL.canParse(elsewhere)) {
    throw new AppError('bad-input', `The address that gcloud's settings give for ${service} is none.`, {
      hint: `Correct CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}, or unset it.`,
    });
  }
  return elsewhere.endsWith('/') ? elsewhere : `${elsewhere}/`;
}
