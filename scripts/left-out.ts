import type { Plugin } from 'vite';

/**
 * What node-vault loads and never uses here: it has its own requester, renderer and checks in their place
 * (`main/agent/providers/vault/client.ts`). tv4 is no longer maintained, and what is not shipped needs no update.
 */
const unused = new Set(['axios', 'mustache', 'tv4']);

/** Leaves these packages out of a bundle. To use one without its replacement is an error at once, not a surprise. */
export function leaveOut(): Plugin {
  const prefix = '\0left-out:';
  return {
    name: 'leave-out',
    enforce: 'pre',
    resolveId(id, importer = '') {
      const isOurs = /[\\/]node_modules[\\/]node-vault[\\/]/.test(importer);
      return isOurs && unused.has(id) ? `${prefix}${id}` : undefined;
    },
    load: (id) => (id.startsWith(prefix) ? 'export {};' : undefined),
  };
}
