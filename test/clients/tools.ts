import path from 'node:path';
import { cargoProgram } from '../tools/cargo.ts';
import { goProgram, goTool } from '../tools/go.ts';
import { helm4 } from '../tools/helm.ts';
import { javaClasses, javaLibraries } from '../tools/java.ts';
import { etcd, kubeApiserver } from '../tools/kube.ts';
import { fromLayer, type Layer, newestKubectl } from '../tools/kubectl.ts';
import { nodePackages } from '../tools/node.ts';
import type { Tool } from '../tools/prepare.ts';
import { ansible, python3, pythonPackages } from '../tools/python.ts';

const programs = path.join(import.meta.dirname, 'programs');

const ofLayer = (id: string, name: Layer, program: 'kubectl' | 'helm'): Tool => ({
  id,
  lane: 'download',
  prepare: () => fromLayer(name, program),
});

const requirements = (name: string) => path.join(programs, 'python', 'requirements', `${name}.txt`);
const python = (id: string): Tool => ({
  id,
  lane: 'download',
  prepare: () => pythonPackages(requirements(id)),
});

/** The jars of a `pom.xml`, and the programs that are compiled against them. */
function java(id: string, sum: string, main: string): readonly Tool[] {
  const libraries = () => javaLibraries(id, path.join(programs, 'java', `${id}.xml`), sum);
  const sources = ['Report', main].map((name) => path.join(programs, 'java', 'src', `${name}.java`));
  return [
    { id, lane: 'download', prepare: libraries },
    {
      id: `${id}-classes`,
      lane: 'download',
      prepare: async () => javaClasses(id, sources, await libraries()),
    },
  ];
}

/** What the cluster itself needs. */
export const rigTools: readonly Tool[] = [
  { id: 'etcd', lane: 'compile', prepare: etcd },
  { id: 'kube-apiserver', lane: 'compile', prepare: kubeApiserver },
  {
    id: 'fakelet',
    lane: 'compile',
    prepare: () => goProgram('fakelet', path.join(programs, 'go'), './fakelet'),
  },
];

/** What the clients are, or are run with. The order is that in which compilers run. */
export const clientTools: readonly Tool[] = [
  ofLayer('kubectl-1.20', '1.20', 'kubectl'),
  ofLayer('kubectl-1.22', '1.22', 'kubectl'),
  ofLayer('kubectl-1.24', '1.24', 'kubectl'),
  { id: 'kubectl', lane: 'download', prepare: newestKubectl },
  ofLayer('helm-3', '1.35', 'helm'),
  ...[
    'kubernetes-27',
    'kubernetes-28',
    'kubernetes-37',
    'kubernetes-asyncio',
    'kr8s',
    'lightkube',
    'pykube',
    'pyte',
  ].map(python),
  { id: 'ansible', lane: 'download', prepare: () => ansible(requirements('ansible')) },
  { id: 'python3', lane: 'download', prepare: python3 },
  { id: 'node-packages', lane: 'download', prepare: () => nodePackages(path.join(programs, 'node')) },
  ...java('fabric8-vertx', '6d7b3e76142b715e3b42f7f93023f84ecb41da697cd8d6548437502b56a91d64', 'Fabric8'),
  ...java('fabric8-okhttp', '97e7d15e7e862c7ad7b903cb8685046e47b280bb0e66acca836dffac6749a455', 'Fabric8'),
  ...java(
    'client-java',
    'd5f4cc4792ece585c0fc90db3da3808fcb2b3a26b8df23a39a54c80e890e5742',
    'OfficialClient',
  ),
  {
    id: 'client-go',
    lane: 'compile',
    prepare: () => goProgram('client-go', path.join(programs, 'go'), './client'),
  },
  { id: 'helm-4', lane: 'compile', slow: true, prepare: helm4 },
  {
    id: 'stern',
    lane: 'compile',
    slow: true,
    prepare: () =>
      goTool({
        name: 'stern',
        package: 'github.com/stern/stern',
        version: 'v1.33.0',
        sum: 'h1:iIXPmWW1Z6wgyKKxG7MJ8FrtGDZCnJDMBzi4Q/kExSo=',
      }),
  },
  {
    id: 'k9s',
    lane: 'compile',
    slow: true,
    prepare: () =>
      goTool({
        name: 'k9s',
        package: 'github.com/derailed/k9s',
        version: 'v0.50.16',
        sum: 'h1:djzWog8EYth+S6oLE1YjsC4BqMfo2on+mAv1FU/YoZA=',
      }),
  },
  {
    id: 'kube-rs',
    lane: 'compile',
    slow: true,
    prepare: () =>
      cargoProgram('kube-rs', path.join(programs, 'rust'), path.join(programs, 'rust', 'src', 'main.rs')),
  },
];
