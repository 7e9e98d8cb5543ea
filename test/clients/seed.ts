import type { KubeRequest } from './kube-api.ts';

/** The objects that every client asks for: 500 config maps, and a pod whose node is the kubelet on `kubeletPort`. */
export async function seed(
  ask: (request: KubeRequest) => Promise<unknown>,
  kubeletPort: number,
): Promise<void> {
  await ask({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'bulk' } } });
  await ask({ method: 'POST', path: '/api/v1/nodes', body: { metadata: { name: 'node' } } });
  await ask({
    method: 'PATCH',
    path: '/api/v1/nodes/node/status',
    body: {
      status: {
        // The API server looks for the kubelet here.
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }],
      },
    },
  });
  await ask({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    body: {
      metadata: { name: 'p', labels: { app: 'p' } },
      spec: {
        nodeName: 'node',
        containers: [
          { name: 'c', image: 'registry.acme.example/app:1.0.0', ports: [{ containerPort: 8080 }] },
        ],
      },
    },
  });
  await ask({
    method: 'PATCH',
    path: '/api/v1/namespaces/default/pods/p/status',
    body: {
      status: {
        phase: 'Running',
        podIP: '127.0.0.1',
        podIPs: [{ ip: '127.0.0.1' }],
        conditions: ['Ready', 'ContainersReady', 'PodScheduled', 'Initialized'].map((type) => ({
          type,
          status: 'True',
        })),
        containerStatuses: [
          {
            name: 'c',
            ready: true,
            started: true,
            restartCount: 0,
            image: 'registry.acme.example/app:1.0.0',
            imageID: 'sha256:1',
            containerID: 'containerd://1',
            state: { running: { startedAt: '2026-11-01T00:00:00Z' } },
          },
        ],
      },
    },
  });
  await Promise.all(
    Array.from({ length: 500 }, (_, at) =>
      ask({
        method: 'POST',
        path: '/api/v1/namespaces/bulk/configmaps',
        body: { metadata: { name: `item-${at}` }, data: { text: 'x'.repeat(400) } },
      }),
    ),
  );
}
