import { z } from 'zod';
import { isVersion } from './semver.ts';

export const channelSchema = z.enum(['stable', 'beta']);
export type Channel = z.infer<typeof channelSchema>;

const version = z.string().refine(isVersion, 'is no version');

/** In bytes of UTF-8. */
const notesAtMost = 64 * 1024;

/** The signed content of a release feed. Ignores other fields, which a newer feed may have. */
export const releaseSchema = z.object({
  channel: channelSchema,
  version,
  /** ISO 8601. */
  publishedAt: z.iso.datetime(),
  /** Older versions must update. */
  minimumVersion: version.optional(),
  /** Markdown. */
  notes: z.string().refine((text) => Buffer.byteLength(text) <= notesAtMost, 'is longer than 64 KB'),
  /** The download page. */
  url: z
    .url({ protocol: /^https$/ })
    .max(2_000)
    .refine((text) => {
      const url = URL.parse(text);
      return url?.username === '' && url.password === '';
    }, 'holds a user name'),
});
export type Release = z.infer<typeof releaseSchema>;

/** A release that is newer than the running version, as shells show it. */
export const releaseViewSchema = z.object({
  version: z.string(),
  notes: z.string(),
  url: z.string(),
  publishedAt: z.string(),
  /** The running version is no longer supported. */
  isRequired: z.boolean(),
});
export type ReleaseView = z.infer<typeof releaseViewSchema>;
