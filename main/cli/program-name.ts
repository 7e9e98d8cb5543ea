import path from 'node:path';

/**
 * Returns how the user calls this program: `kubectl tunnels` where it is linked as a plugin of kubectl, whose files are
 * named `kubectl-…` (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/), else `k8s-tunnels`.
 */
export function programName(
  started: readonly (string | undefined)[] = [process.argv0, process.argv[1]],
): 'kubectl tunnels' | 'k8s-tunnels' {
  const isPlugin = started.some((file) => /^kubectl-tunnels(?:\.exe)?$/i.test(path.basename(file ?? '')));
  return isPlugin ? 'kubectl tunnels' : 'k8s-tunnels';
}
