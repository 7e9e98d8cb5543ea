import type { KubeconfigEntry } from '../../../main/agent/kubeconfig/kubeconfig.ts';

/** An entry as the agent makes them, named by its id. */
export function entry(id: string, changes: Partial<KubeconfigEntry> = {}): KubeconfigEntry {
  return {
    id,
    name: id,
    cluster: {
      server: `https://${id}.example:6443`,
      certificateAuthorityData: Buffer.from(`authority of ${id}`).toString('base64'),
      tlsServerName: 'kubernetes',
      proxyUrl: 'socks5://user:secret@127.0.0.1:20123',
    },
    user: {
      kind: 'exec',
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/opt/k8s-tunnels/k8s-tunnels',
      args: ['credential', id],
      interactiveMode: 'IfAvailable',
      installHint: 'Install "k8s-tunnels".\nThen try again.',
    },
    ...changes,
  };
}
