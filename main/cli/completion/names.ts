import { readFileSync, writeSync } from 'node:fs';
import path from 'node:path';

import { kubeconfigTexts, unquoted } from './kubeconfig-texts.ts';

/**
 * Prints the names that a shell completes, a line each: clusters, sets, settings, or the contexts of the kubeconfig.
 * Shells run this while the user types, so it starts no agent and reads only what the last one left on disk.
 */
export function printNames([what = 'cluster', prefix = '']: readonly string[], state: string): number {
  const names = new Set(
    what === 'context' ? [...contexts(), ...known(state, 'cluster')] : known(state, what),
  );
  const fitting = [...names].filter((name) => name.startsWith(prefix));
  if (fitting.length > 0) print(Buffer.from(`${fitting.join('\n')}\n`));
  return 0;
}

/** Not by `process.stdout`, whose modules take longer to load than everything else here. */
function print(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; )
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      // A terminal that does not block is full. Any other reader has gone.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
    }
}

function known(state: string, what: string): readonly string[] {
  try {
    const text = readFileSync(path.join(state, 'completion.txt'), 'utf8');
    return text
      .split('\n')
      .flatMap((line) => (line.startsWith(`${what}\t`) ? line.slice(what.length + 1) : []));
  } catch {
    // No agent has run yet.
    return [];
  }
}

function contexts(): readonly string[] {
  return kubeconfigTexts().flatMap(contextsIn);
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
