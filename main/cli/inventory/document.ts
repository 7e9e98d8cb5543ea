import { z } from 'zod';
import { plainErrorSchema } from '../../model/error-schema.ts';

/** A program of this computer. Without a version it did not say one within two seconds. */
const programSchema = z.object({ path: z.string(), version: z.string().nullable() });

/** The document of `version --all --json`. What is not on this computer is null. */
export const inventorySchema = z.object({
  /** Of this command line. */
  version: z.string(),
  path: z.string(),
  node: z.string(),
  system: z.object({ platform: z.string(), name: z.string(), release: z.string(), arch: z.string() }),
  /** The agent that runs. None is started. */
  agent: z
    .union([
      z.object({
        version: z.string(),
        pid: z.number(),
        startedAt: z.number(),
        /** `app`: the desktop app hosts it. */
        host: z.enum(['app', 'headless']),
        node: z.string().nullable(),
        electron: z.string().nullable(),
      }),
      z.object({ error: plainErrorSchema }),
    ])
    .nullable(),
  /** The installed desktop app. */
  app: programSchema.nullable(),
  /** `package`: the one beside the installed app. */
  cloudflared: z.object({ package: programSchema.nullable(), onPath: programSchema.nullable() }),
  kubectl: programSchema.nullable(),
  organisation: z
    .union([
      z.object({
        name: z.string(),
        revision: z.number().nullable(),
        /** The file or address that it is from. */
        from: z.string(),
        managed: z.boolean(),
      }),
      z.object({ error: plainErrorSchema }),
    ])
    .nullable(),
});
export type Inventory = z.infer<typeof inventorySchema>;
export type InstalledProgram = z.infer<typeof programSchema>;
