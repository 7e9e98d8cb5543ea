import { z } from 'zod';
import { connectResultSchema } from '../model/agent-view.ts';
import { clusterIdSchema } from '../model/cluster.ts';
import { entryForms } from '../model/entry-form.ts';
import { contextSchema, kubeconfigEditSchema } from '../model/kubeconfig-view.ts';
import { readOnlySchema } from '../model/read-only.ts';
import { namespaceSchema, terminalIdSchema, terminalSchema } from '../model/terminal.ts';
import { clusterWord, context, production } from './contract-inputs.ts';
import { mcpOperations } from './mcp-contract.ts';

/** The operations on terminals, and on the contexts and edits of the caller's kubeconfig. */
export const terminalOperations = {
  /**
   * Opens tunnels, and writes an own kubeconfig for each cluster: for one terminal or program, which it ends with. Changes
   * no file of the user.
   */
  isolate: {
    input: z.object({
      clusters: z.array(clusterWord).min(1).max(500),
      kind: terminalSchema.shape.kind,
      /** The process that the terminals end with. */
      pid: z.int().min(1),
      namespace: namespaceSchema.optional(),
      /** The proxy protocol of the entries, whatever the setting and the cluster's tag say. */
      form: z.enum(entryForms).optional(),
      /** The entries can only read. They are of the form `tls`. */
      readOnly: readOnlySchema.optional(),
      production,
    }),
    output: z.object({
      results: z.array(connectResultSchema),
      /** Of the clusters that are connected. `file` is the kubeconfig. */
      terminals: z.array(terminalSchema.extend({ file: z.string() })),
    }),
  },
  /** Lets a terminal end with another process: the shell that was started in it. */
  'terminal-follow': {
    input: z.object({ terminal: terminalIdSchema, pid: z.int().min(1) }),
    output: z.object({}),
  },
  /** Ends terminals and removes their kubeconfig files. Closes tunnels that nothing else uses. */
  'terminal-end': {
    input: z.object({ terminals: z.array(terminalIdSchema).max(500) }),
    output: z.object({ ended: z.number() }),
  },
  /** Opens the user's terminal app with a shell for the cluster. Resolves with the program that was started. */
  'terminal-open': {
    input: z.object({ cluster: clusterWord, namespace: namespaceSchema.optional() }),
    output: z.object({ program: z.string() }),
  },
  ...mcpOperations,
  /** Lists the contexts of the caller's kubeconfig. */
  contexts: { input: z.object(context), output: z.object({ contexts: z.array(contextSchema) }) },
  /** Returns what `connect` would write, as a unified diff without passwords. Changes nothing. */
  'connect-preview': {
    input: z.object({
      ...context,
      clusters: z.array(clusterWord).min(1),
      mode: z.enum(['switch', 'add']).optional(),
      origin: z.enum(['link', 'set']).optional(),
      production,
    }),
    output: z.object({
      file: z.string(),
      diff: z.string(),
      stays: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
      left: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })),
    }),
  },
  /** Lists our edits of the caller's kubeconfig, the latest first. */
  'kubeconfig-history': {
    input: z.object(context),
    output: z.object({ edits: z.array(kubeconfigEditSchema) }),
  },
  /** Returns the difference that an edit made, without passwords. Without an id, of the latest. */
  'kubeconfig-diff': {
    input: z.object({ ...context, id: z.string().max(64).optional() }),
    output: z.object({ diff: z.string() }),
  },
  /** Restores the bytes of before an edit. Without an id, of the latest that is not undone. */
  'kubeconfig-undo': {
    input: z.object({ ...context, id: z.string().max(64).optional() }),
    output: z.object({ edit: kubeconfigEditSchema, warnings: z.array(z.string()) }),
  },
  /** Writes entries of ours again that another program changed. Opens no tunnel, and signs in to nothing. */
  'kubeconfig-repair': {
    input: z.object({}),
    output: z.object({ repaired: z.array(z.object({ cluster: clusterIdSchema, title: z.string() })) }),
  },
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>;
