import { z } from 'zod';

/**
 * The variables of a caller's shell that decide whose credentials are used, as they cross the boundary. Only the command
 * line sends them; a window has none and uses the agent's. They may be secrets: never save or log them.
 */
export const callerEnvironmentSchema = z.object({
  /** The folder that relative paths in the variables are in. */
  cwd: z.string().min(1).max(4_096),
  variables: z.record(
    z
      .string()
      .regex(/^(?:AWS|AZD|AZURE|CLOUDSDK|GOOGLE|VAULT)_/)
      .max(256),
    z.string().max(131_072),
  ),
});
export type CallerEnvironment = z.infer<typeof callerEnvironmentSchema>;
