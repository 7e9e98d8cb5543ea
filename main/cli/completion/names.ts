import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathsFrom } from '../../agent/paths.ts';

/**
 * Prints the names that a shell completes, a line each: clusters, sets, settings, or the contexts of the kubeconfig.
 * Shells run this while the user types, so it starts no agent and reads only what the last one left on disk.
 */
export function printNames([what = 'cluster', prefix = '']: readonly string[]): number {
  const names = new Set(what === 'context' ? [...contexts(), ...known('cluster')] : known(what));
  const fitting = [...names].filter((name) => name.startsWith(prefix));
  if (fitting.length > 0) process.stdout.write(`${fitting.join('\n')}\n`);
  return 0;
}

function known(what: string): readonly string[] {
  try {
    const text = readFileSync(path.join(pathsFrom(process.env).state, 'completion.txt'), 'utf8');
    return text
      .split('\n')
      .flatMap((line) => (line.startsWith(`${what}\t`) ? line.slice(what.length + 1) : []));
  } catch {
    // No agent has run yet.
    return [];
  }
}

/** Returns the name of the current context, as a kubeconfig that kubectl wrote says it, without parsing it. */
export function currentContextName(): string | undefined {
  for (const text of kubeconfigTexts()) {
    const [, name = ''] = /^current-context: *(\S.*)$/m.exec(text) ?? [];
    if (name !== '' && !/^(?:''|"")$/.test(name)) return unquoted(name);
  }
  return undefined;
}

function contexts(): readonly string[] {
  return kubeconfigTexts().flatMap(contextsIn);
}

function kubeconfigTexts(): readonly string[] {
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

/** Finds the names in a file as kubectl writes it. A file in another form is completed without them. */
function contextsIn(text: string): readonly string[] {
  const names: string[] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    if (/^\w/.test(line)) isInside = line.startsWith('contexts:');
    const [, indent = '', name = ''] = isInside ? (/^( *(?:- )?)name: *(\S.*)$/.exec(line) ?? []) : [];
    // An item's own key, not one of its context.
    if (name !== '' && indent.length <= 4) names.push(unquoted(name));
  }
  return names;
}

function unquoted(text: string): string {
  return text.trimEnd().replace(/^(['"])(.*)\1$/, '$2');
}
