import { z } from 'zod';
import { plainErrorSchema } from './error-schema.ts';

/** The organisation's catalog as shells show it. */
export const publishedCatalogViewSchema = z.object({
  mode: z.enum(['only', 'first', 'beside']),
  /** The accepted catalog. Absent: none was accepted yet. */
  accepted: z
    .object({
      revision: z.number(),
      /** ms since the epoch. */
      publishedAt: z.number(),
      /** When it stops being fresh, ms since the epoch. */
      staleAt: z.number(),
      clusters: z.number(),
    })
    .optional(),
  /** Why the last answer was not used, or why there was none. */
  error: plainErrorSchema.optional(),
});
export type PublishedCatalogView = z.infer<typeof publishedCatalogViewSchema>;
