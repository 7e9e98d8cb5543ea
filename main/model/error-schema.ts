import { z } from 'zod';
import { errorCodes, type PlainError } from './app-error.ts';

/** Separate from the error class, because the command line throws errors but must start without zod. */
export const plainErrorSchema: z.ZodType<PlainError> = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
});
