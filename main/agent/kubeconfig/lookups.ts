import { type KubeconfigSource, resolveFiles } from './files.ts';
import type { Inspection } from './inspection.ts';
import type { Journal } from './journal.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { passedOver } from './oddities.ts';
import type { Reader } from './reader.ts';

/** What the kubeconfigs of a source say. Nothing is changed. */
export interface Lookups extends Pick<Kubeconfig, 'current' | 'paths' | 'previous' | 'entry' | 'oddities'> {
  /** Resolves with the files of a source that can be read, in kubectl's order. */
  readAll(
    source: KubeconfigSource,
  ): Promise<readonly (Inspection & { readonly path: string; readonly real: string })[]>;
}

export function createLookups({
  reader,
  journal,
}: {
  readonly reader: Reader;
  readonly journal: Pick<Journal, 'get'>;
}): Lookups {
  async function readAll(source: KubeconfigSource) {
    const { all } = await resolveFiles(source);
    const files: (Inspection & { readonly path: string; readonly real: string })[] = [];
    for (const { given, real, isReadable } of all) {
      if (isReadable) files.push({ ...(await reader.read({ given, real })), path: given, real });
    }
    return files;
  }

  async function current(source: KubeconfigSource) {
    const files = await readAll(source);
    const owner = files.find(({ currentContext }) => currentContext !== undefined);
    const context = owner?.currentContext;
    // If several files have the same name, kubectl takes the first.
    const entry = files.flatMap(({ contexts }) => contexts).find(({ name }) => name === context);
    return { context, id: entry?.id, file: owner?.path };
  }

  return {
    readAll,
    current,
    oddities: async (source) =>
      passedOver((await readAll(source)).map(({ path: file, ...inspection }) => ({ file, inspection }))),
    paths: async (source) => (await resolveFiles(source)).all.flatMap(({ given, real }) => [given, real]),

    async previous(source, id) {
      const [now, files] = await Promise.all([current(source), readAll(source)]);
      const owner = files.find(({ path }) => path === now.file);
      if (now.id !== id || owner === undefined) return undefined;
      const state = (await journal.get(owner.real))?.states.at(-1);
      const choice = state?.choices.filter((one) => one.id !== id).at(-1);
      if (choice !== undefined) return choice;
      const others = files.filter((file) => file !== owner);
      const context =
        (state?.found.current?.value || undefined) ??
        others.find(({ currentContext }) => currentContext !== undefined)?.currentContext;
      return { context, id: undefined };
    },

    async entry(source, id) {
      for (const { given, real, isReadable } of (await resolveFiles(source)).all) {
        if (!isReadable) continue;
        const { contexts } = await reader.read({ given, real });
        const found = contexts.find((one) => one.id === id);
        if (found !== undefined) return { file: given, name: found.name };
      }
      return undefined;
    },
  };
}
