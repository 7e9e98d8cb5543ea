import { readFileSync } from 'node:fs';
import path from 'node:path';

// Reads the caller's kubeconfig as text, for what must be fast and may miss something.

/** Returns the files that can be read, in kubectl's order. */
export function kubeconfigTexts(): readonly string[] {
  const { KUBECONFIG, HOME = '', USERPROFILE = '' } = process.env;
  const home = process.platform === 'win32' ? USERPROFILE : HOME;
  const files = KUBECONFIG ? KUBECONFIG.split(path.delimiter) : [path.join(home, '.kube', 'config')];
  return files.flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return [];
    }
  });
}

/** Returns the name of the current context, as a kubeconfig that kubectl wrote says it, without parsing it. */
export function currentContextName(): string | undefined {
  for (const text of kubeconfigTexts()) {
    const [, name = ''] = /^current-context: *(\S.*)$/m.exec(text) ?? [];
    if (name !== '' && !/^(?:''|"")$/.test(name)) return unquoted(name);
  }
  return undefined;
}

/** Returns a scalar without its quotes. */
export function unquoted(text: string): string {
  return text.trimEnd().replace(/^(['"])(.*)\1$/, '$2');
}
