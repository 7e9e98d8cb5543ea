import { z } from 'zod';
import { isVersion } from './semver.ts';

export const channelSchema = z.enum(['stable', 'beta']);
export type Channel = z.infer<typeof channelSchema>;

const version = z.string().refine(isVersion, 'is no version');

/** Bytes of UTF-8. */
const notesAtMost = 64 * 1024;

/** What a feed signs. What else it says is passed over: a newer feed may say more. */
export const releaseSchema = z.object({
  channel: channelSchema,
  version,
  /** ISO 8601. */
  publishedAt: z.iso.datetime(),
  /** Who runs an older version has to update. */
  minimumVersion: version.optional(),
  /** Markdown. */
  notes: z.string().refine((text) => Buffer.byteLength(text) <= notesAtMost, 'is longer than 64 KB'),
  /** Where a person gets it. */
  url: z
    .url({ protocol: /^https$/ })
    .max(2_000)
    .refine((text) => {
      const url = URL.parse(text);
      return url?.username === '' && url.password === '';
    }, 'holds a user name'),
});
export type Release = z.infer<typeof releaseSchema>;

/** A newer version than the one that runs, as shells show it. */
export const releaseViewSchema = z.object({
  version: z.string(),
  notes: z.string(),
  url: z.string(),
  publishedAt: z.string(),
  /** What runs is no longer supported. */
  isRequired: z.boolean(),
});
export type ReleaseView = z.infer<typeof releaseViewSchema>;
