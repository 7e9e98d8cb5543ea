import { z } from 'zod';

/**
 * The caller's kubeconfig, from its environment, as it crosses the boundary. A window sends none and uses the agent's
 * environment.
 */
export const kubeconfigSourceSchema = z.object({
  /** The value of KUBECONFIG. Absent if unset. */
  kubeconfig: z.string().optional(),
  cwd: z.string(),
  home: z.string(),
});
export type KubeconfigSourceInput = z.infer<typeof kubeconfigSourceSchema>;
