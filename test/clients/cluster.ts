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
    const ask = kubeApi(server, hostnames[0] ?? '');
    const beating = setInterval(() => void beat(ask), beatMs);
    const close = async () => {
      clearInterval(beating);
      await server.close();
      await kubelet.close();
    };
    try {
      await seed(ask, kubelet.port);
      return { ...server, close };
    } catch (error) {
      clearInterval(beating);
      await server.close();
      throw error;
    }
  } catch (error) {
    await kubelet.close();
    throw error;
  }
}

const beatMs = 500;

/**
 * Writes a config map. A watch that names no version waits until the API server's cache has seen the newest one of all
 * kinds, which an etcd before 3.4.31 reports with the next write of the same kind alone.
 */
async function beat(ask: ReturnType<typeof kubeApi>): Promise<void> {
  const body = { metadata: { name: 'beat', annotations: { at: `${Date.now()}` } } };
  const path = '/api/v1/namespaces/default/configmaps';
  await ask({ method: 'PATCH', path: `${path}/beat`, body })
    .catch(() => ask({ method: 'POST', path, body }))
    // The next one comes soon.
    .catch(() => undefined);
}
