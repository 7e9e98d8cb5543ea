import { createHash } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../../../model/app-error.ts';
import type { Clock } from '../../parts.ts';
import { unreadable } from '../../storage/unreadable.ts';
import { writeFileAtomic } from '../../storage/write-file-atomic.ts';
import type { AwsSession } from './sessions.ts';

/** Some writers use UTC instead of ISO 8601's Z. */
const time = z.string().transform((text) => text.replace(/UTC$/, 'Z'));

const tokenSchema = z.looseObject({
  startUrl: z.string(),
  region: z.string(),
  accessToken: z.string(),
  expiresAt: time,
  clientId: z.string().optional(),
  clientSecret: z.string().optional(),
  registrationExpiresAt: time.optional(),
  refreshToken: z.string().optional(),
});
/** An Identity Center session as the AWS tools store it. */
export type SsoToken = z.infer<typeof tokenSchema>;

const registrationSchema = z.looseObject({
  clientId: z.string(),
  clientSecret: z.string(),
  expiresAt: time,
  scopes: z.array(z.string()).optional(),
  /** Absent in a registration for device codes. */
  grantTypes: z.array(z.string()).optional(),
});
/** A registered client of Identity Center: valid for about 90 days. */
export type SsoRegistration = z.infer<typeof registrationSchema>;

/** A program that writes in place finishes a file of this size sooner. */
const patienceMs = [20, 50, 100, 200];

/**
 * `~/.aws/sso/cache`, shared with the AWS CLI and every SDK: JSON files with the names and fields of botocore
 * (awscli/botocore/utils.py: `SSOTokenLoader`, `BaseSSOTokenFetcher`). Writes files whole and with mode 0600, so that
 * no reader sees a part. Reads a file again if another program is writing it in place.
 */
export function createSsoCache({ home, clock }: { readonly home: string; readonly clock: Clock }) {
  const folder = path.join(home, '.aws', 'sso', 'cache');
  const fileOf = (key: string) => path.join(folder, `${createHash('sha1').update(key).digest('hex')}.json`);

  const read = async <T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    for (const pause of [...patienceMs, undefined]) {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        if (errnoOf(cause) === 'ENOENT') return undefined;
        throw unreadable(file, cause);
      });
      if (text === undefined) return undefined;
      const raw = parse(text);
      if (raw !== undefined) return schema.safeParse(raw).data;
      if (pause !== undefined) await clock.sleep(pause);
    }
    return undefined;
  };
  const write = (file: string, content: object) => writeFileAtomic(file, JSON.stringify(content));

  return {
    /** Returns the file of the session. */
    file: (session: AwsSession) => fileOf(session.name),
    read: (session: AwsSession) => read(fileOf(session.name), tokenSchema),
    write: (session: AwsSession, token: SsoToken) => write(fileOf(session.name), token),
    /** Returns whether there was one. */
    async remove(session: AwsSession): Promise<boolean> {
      try {
        await unlink(fileOf(session.name));
        return true;
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return false;
        throw error;
      }
    },
    readRegistration: (session: AwsSession) => read(fileOf(registrationKey(session)), registrationSchema),
    writeRegistration: (session: AwsSession, registration: SsoRegistration) =>
      write(fileOf(registrationKey(session)), registration),
  };
}

export type SsoCache = ReturnType<typeof createSsoCache>;

/** Formats a time as botocore does: whole seconds, and a Z that every reader accepts. */
export function ssoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Returns the text of Python's `json.dumps(…, sort_keys=True)`, which botocore hashes. */
function registrationKey({ name, named, region, scopes, startUrl }: AwsSession): string {
  const list = scopes === undefined ? 'null' : `[${scopes.map(pythonText).join(', ')}]`;
  const session = named ? pythonText(name) : 'null';
  return `{"region": ${pythonText(region)}, "scopes": ${list}, "session_name": ${session}, "startUrl": ${pythonText(startUrl)}, "tool": "botocore"}`;
}

/** Escapes non-ASCII characters as Python does. */
function pythonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
