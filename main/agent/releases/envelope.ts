import { createHash } from 'node:crypto';
import nacl from 'tweetnacl';
import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { type Release, releaseSchema } from '../../model/release.ts';
import { misfit } from '../storage/json-file.ts';
import type { Feed } from './feed.ts';

const envelopeSchema = z.object({ payload: z.base64(), signature: z.base64(), keyId: z.string() });

/**
 * Opens a feed's answer: `{payload, signature, keyId}`, where `payload` is base64 of JSON, `signature` base64 of the
 * ed25519 signature over its bytes, and `keyId` the first 16 hex digits of the key's SHA-256. Throws `bad-input` if it
 * is malformed, not signed by one of the feed's keys, or for another channel.
 */
export function openEnvelope(body: Buffer, { keys, channel }: Feed): Release {
  const { payload, signature, keyId } = read(body, envelopeSchema, 'The answer');
  const bytes = Buffer.from(payload, 'base64');
  const key = keys.map((one) => Buffer.from(one, 'base64')).find((one) => idOf(one) === keyId);
  if (key === undefined) throw refused('The release is signed with a key that is not pinned.');
  const signed = Buffer.from(signature, 'base64');
  if (signed.length !== nacl.sign.signatureLength || !nacl.sign.detached.verify(bytes, signed, key))
    throw refused("The release's signature is not good.");
  const release = read(bytes, releaseSchema, 'The release');
  if (release.channel !== channel) throw refused(`The release is one of the channel ${release.channel}.`);
  return release;
}

function idOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

function read<T>(bytes: Buffer, schema: z.ZodType<T>, what: string): T {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refused(`${what} is not JSON.`);
  }
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw refused(`${what} is malformed: ${misfit(result.error)}.`);
}

function refused(message: string): AppError {
  return new AppError('bad-input', message);
}
