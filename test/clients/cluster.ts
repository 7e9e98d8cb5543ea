import type { KubeOrigin } from '../world/kube-network.ts';
import { startRealKube } from '../world-tests/kube-apiserver.ts';
import { kubeApi } from './kube-api.ts';
import { startKubelet } from './kubelet.ts';
import { seed } from './seed.ts';

/** A real control plane with one pod, whose kubelet streams. */
export async function startCluster(
  programs: { readonly apiserver: string; readonly etcd: string; readonly kubelet: string },
  hostnames: readonly string[],
): Promise<KubeOrigin & { close(): Promise<void> }> {
  const kubelet = await startKubelet(programs.kubelet);
  try {
    const user = 'system:serviceaccount:kube-system:developers';
    const server = await startRealKube({ hostnames, user, groups: ['system:masters'], programs });
    const close = async () => {
      await server.close();
      await kubelet.close();
    };
    try {
      await seed(kubeApi(server, hostnames[0] ?? ''), kubelet.port);
      return { ...server, close };
    } catch (error) {
      await server.close();
      throw error;
    }
  } catch (error) {
    await kubelet.close();
    throw error;
  }
}
