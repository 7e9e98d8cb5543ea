import { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { refusedText } from '../credentials/identity-text.ts';
import type { Credential } from '../providers/credential-provider.ts';
import { type Fields, valuesOf } from './headers.ts';
import type { Answer } from './upstream.ts';

/** The longest answer that is read as a whole: a Status has a few hundred bytes. */
const longest = 16 * 1024;

const statusSchema = z.looseObject({ kind: z.literal('Status'), message: z.string() });

/**
 * Adds to a refusal of the API server whose credential it refused, who else reaches the cluster, and what grants access:
 * clients show the message of a Status. Returns any other answer as it is. Rejects with `origin-failed` if the answer
 * breaks off.
 */
export async function explainRefusal(answer: Answer, credential: Credential | undefined): Promise<Answer> {
  const { status, fields, body } = answer;
  const identity = credential?.kind === 'token' ? credential.identity : undefined;
  if ((status !== 401 && status !== 403) || identity === undefined) return answer;
  const length = Number(valuesOf(fields, 'content-length')[0]);
  const isPlain =
    /^application\/json\b/i.test(valuesOf(fields, 'content-type')[0] ?? '') &&
    valuesOf(fields, 'content-encoding').length === 0;
  if (!isPlain || !(length > 0 && length <= longest)) return answer;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks);
  if (text.length !== length)
    throw new AppError('origin-failed', 'The answer of the API server broke off.', {
      hint: 'Try again.',
      retryable: true,
    });
  const said = statusIn(text);
  if (said === undefined) return { ...answer, body: Readable.from([text]) };
  const message = `${said.message} (k8s-tunnels ${refusedText(identity)})`;
  const explained = Buffer.from(`${JSON.stringify({ ...said, message })}\n`);
  return { ...answer, fields: withLength(fields, explained.length), body: Readable.from([explained]) };
}

function statusIn(text: Buffer): z.infer<typeof statusSchema> | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(text.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function withLength(fields: Fields, length: number): Fields {
  return fields.map(([name, value]) => [name, name.toLowerCase() === 'content-length' ? `${length}` : value]);
}
