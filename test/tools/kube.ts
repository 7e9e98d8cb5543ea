import path from 'node:path';
import { goProgram } from './go.ts';

/** Resolves with a real kube-apiserver, built from the modules that its `go.sum` pins. */
export function kubeApiserver(): Promise<string> {
  const given = process.env.K8S_TUNNELS_KUBE_APISERVER;
  if (given !== undefined) return Promise.resolve(given);
  const source = path.join(import.meta.dirname, '..', 'clients', 'programs', 'go');
  return goProgram('kube-apiserver', source, 'k8s.io/kubernetes/cmd/kube-apiserver');
}

/** Resolves with a real etcd: Debian's is too old for what kube-apiserver asks of one for a watch with bookmarks. */
export function etcd(): Promise<string> {
  const given = process.env.K8S_TUNNELS_ETCD;
  if (given !== undefined) return Promise.resolve(given);
  return goProgram('etcd', path.join(import.meta.dirname, '..', 'clients', 'programs', 'etcd'), '.');
}
