import { z } from 'zod';

/** What identifies a configuration and its group is the same for all. */
const fixed: ReadonlySet<string> = new Set(['version', 'name', 'revision', 'pilot', 'signing']);

/** A group of installations that have changes before all others. */
export const organisationPilotSchema = z
  .strictObject({
    share: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('The percentage of installations, drawn again for each `revision`.'),
    users: z
      .array(z.string().regex(/^[^\s@]+@[^\s@]+$/, 'must be an email address; * matches any characters'))
      .optional()
      .describe('Users by the email of their session of Cloudflare Access; `*` matches any characters.'),
    changes: z
      .record(z.string(), z.unknown())
      .superRefine((changes, context) => {
        for (const key of Object.keys(changes))
          if (fixed.has(key))
            context.addIssue({
              code: 'custom',
              path: [key],
              message: 'must be the same for the pilot group',
            });
      })
      .describe(
        'Fields of this file with other values: a JSON merge patch (RFC 7396), where null removes a field and a list is replaced.',
      ),
  })
  .refine(({ share, users = [] }) => share !== undefined || users.length > 0, 'must have a share or users')
  .describe('A group of installations that have changes before all others.');
