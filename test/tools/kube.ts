import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { goProgram } from './go.ts';
import { NoTool } from './program.ts';

/** Resolves with a real kube-apiserver, built from the modules that its `go.sum` pins. */
export function kubeApiserver(): Promise<string> {
  const given = process.env.K8S_TUNNELS_KUBE_APISERVER;
  if (given !== undefined) return Promise.resolve(given);
  const source = path.join(import.meta.dirname, '..', 'clients', 'programs', 'go');
  return goProgram('kube-apiserver', source, 'k8s.io/kubernetes/cmd/kube-apiserver');
}

/** Resolves with a program of the system: the one that the variable names, else the first on PATH. */
export async function systemProgram(name: string, variable: string): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined) return given;
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new NoTool(`${name} is not installed`);
}
