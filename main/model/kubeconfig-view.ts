import { z } from 'zod';
import { clusterIdSchema } from './cluster.ts';

/** A context of a kubeconfig. */
export const contextSchema = z.object({
  name: z.string(),
  file: z.string(),
  /** `other`: not of k8s-tunnels. `on-demand`: connects when kubectl needs it. */
  status: z.enum(['connected', 'on-demand', 'other']),
  current: z.literal(true).optional(),
  /** Set if the context is ours. */
  cluster: clusterIdSchema.optional(),
  title: z.string().optional(),
  production: z.literal(true).optional(),
});
export type Context = z.infer<typeof contextSchema>;

/** An edit of a kubeconfig that we made. */
export const kubeconfigEditSchema = z.object({
  id: z.string(),
  at: z.number(),
  file: z.string(),
  /** The names of contexts. */
  added: z.array(z.string()),
  removed: z.array(z.string()),
  /** The current context was switched. Absent names: none. */
  current: z.object({ from: z.string().optional(), to: z.string().optional() }).optional(),
  undone: z.literal(true).optional(),
  /** The edit that this one undid. */
  undoes: z.string().optional(),
});
export type KubeconfigEdit = z.infer<typeof kubeconfigEditSchema>;
