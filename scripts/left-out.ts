import type { Plugin } from 'vite';

/**
 * Packages that node-vault loads but never uses here, because `main/agent/providers/vault/client.ts` replaces its
 * requester, renderer and checks. tv4 is no longer maintained, and a package that is not shipped needs no update.
 */
const unused = new Set(['axios', 'mustache', 'tv4']);

/** Excludes these packages from a bundle. Using one without its replacement throws immediately. */
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
