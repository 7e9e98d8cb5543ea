/** To paste into a terminal: what a cluster's context does at once. */
export function kubectlCommand(title: string): string {
  return `kubectl --context ${/^[\w.:/@-]+$/.test(title) ? title : `'${title}'`} get namespaces`;
}
