import { z } from 'zod';

/** The caller's kubeconfig, from its environment. A window sends none and uses the agent's environment. */
export const kubeconfigPlaceSchema = z.object({
  /** The value of KUBECONFIG. Absent if unset. */
  kubeconfig: z.string().optional(),
  cwd: z.string(),
  home: z.string(),
});
export type KubeconfigPlaceInput = z.infer<typeof kubeconfigPlaceSchema>;
