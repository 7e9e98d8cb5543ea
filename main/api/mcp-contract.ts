import { z } from 'zod';
import { clusterIdSchema } from '../model/cluster.ts';
import { confirmationIdSchema } from '../model/confirmation.ts';
import { terminalIdSchema } from '../model/terminal.ts';
import { clusterWord } from './contract-inputs.ts';

const about = { cluster: clusterIdSchema, title: z.string(), production: z.literal(true).optional() };

/** The operations of an AI client's server (`k8s-tunnels mcp`), and the answer of its user. */
export const mcpOperations = {
  /**
   * Opens a tunnel, and writes a kubeconfig that can only read, which ends with the process. A production cluster waits for
   * the user's answer in the window or the tray: for `waitMs`, then the caller asks again. No input confirms it.
   */
  'mcp-open': {
    input: z.object({
      cluster: clusterWord,
      /** The client's name, as it gives it. */
      client: z.string().max(200),
      pid: z.int().min(1),
      /** A hand-over to the desktop app waits for calls in progress. */
      waitMs: z.int().min(0).max(5_000),
    }),
    output: z.discriminatedUnion('status', [
      /** `file` is the kubeconfig of the terminal. */
      z.object({ status: z.literal('open'), ...about, terminal: terminalIdSchema, file: z.string() }),
      z.object({ status: z.literal('waiting'), ...about }),
    ]),
  },
  /** Resolves when the ports of terminals listen again after a start of the agent. False: it has been ended. */
  'mcp-check': {
    input: z.object({ terminal: terminalIdSchema }),
    output: z.object({ open: z.boolean() }),
  },
  /** Ends the questions and the kubeconfigs of a process. */
  'mcp-end': { input: z.object({ pid: z.int().min(1) }), output: z.object({ ended: z.number() }) },
  /** The user's answer to a question of an AI client. Only the window and the tray send it. */
  'confirmation-answer': {
    input: z.object({ id: confirmationIdSchema, allow: z.boolean() }),
    output: z.object({}),
  },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;
