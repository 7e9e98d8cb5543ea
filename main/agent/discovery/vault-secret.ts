import { z } from 'zod';
import { tagPrefix } from '../catalog/tags.ts';

const text = z.string().min(1).optional().catch(undefined);

/** What a secret of ours may hold, in the words of kubeconfig. Anything else in it is left alone. */
const secretDataSchema = z.object({
  server: text,
  'certificate-authority-data': text,
  token: text,
  'client-certificate-data': text,
  'client-key-data': text,
});
export type SecretData = z.infer<typeof secretDataSchema>;

/** KV v2 wraps the data and gives the custom metadata with it; v1 is the data itself, our tags among it. */
const answerSchema = z.object({ data: z.record(z.string(), z.unknown()) });
const wrappedSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullable(),
  metadata: z.object({ custom_metadata: z.record(z.string(), z.string()).nullish() }),
});

/** Undefined where the answer holds no secret: its newest version was deleted. */
export function secretFrom(
  version: 1 | 2,
  answer: unknown,
): { readonly data: SecretData; readonly tags: Readonly<Record<string, string>> } | undefined {
  const outer = answerSchema.safeParse(answer);
  if (!outer.success) return undefined;
  if (version === 1) {
    const tags = Object.entries(outer.data.data).filter(
      (entry): entry is [string, string] =>
        entry[0].toLowerCase().startsWith(tagPrefix) && typeof entry[1] === 'string',
    );
    return { data: secretDataSchema.parse(outer.data.data), tags: Object.fromEntries(tags) };
  }
  const wrapped = wrappedSchema.safeParse(outer.data.data);
  if (!wrapped.success || wrapped.data.data === null) return undefined;
  return {
    data: secretDataSchema.parse(wrapped.data.data),
    tags: wrapped.data.metadata.custom_metadata ?? {},
  };
}

/** PEM from PEM, or from its base64 as kubeconfig has it; undefined when it is neither. */
export function pemFrom(value: string): string | undefined {
  const pem = value.includes('-----BEGIN ') ? value : Buffer.from(value, 'base64').toString('utf8');
  return pem.includes('-----BEGIN ') ? pem.trim().concat('\n') : undefined;
}

/** What the secret lets one log in with. */
export function heldCredential(data: SecretData): 'token' | 'client-certificate' | undefined {
  if (data.token !== undefined) return 'token';
  return data['client-certificate-data'] !== undefined && data['client-key-data'] !== undefined
    ? 'client-certificate'
    : undefined;
}
