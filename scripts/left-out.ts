import type { Plugin } from 'vite';

/** What packages load but never use here, by the package that loads it, and why. */
const unused: readonly { readonly by: RegExp; readonly loaded: RegExp }[] = [
  // `main/agent/providers/vault/client.ts` replaces node-vault's requester, renderer and checks. tv4 is no longer
  // maintained, and a package that is not shipped needs no update.
  { by: /[\\/]node_modules[\\/]node-vault[\\/]/, loaded: /^(?:axios|mustache|tv4)$/ },
  // google-gax needs these for long operations, and for programs that write such messages themselves: 1.5 MB for
  // calls that nothing here makes.
  {
    by: /[\\/]node_modules[\\/]google-gax[\\/]/,
    loaded: /^(?:\.\.\/)+protos\/(?:iam_service|locations|operations)$/,
  },
];

/** Excludes these modules from a bundle. Using one without its replacement throws immediately. */
export function leaveOut(): Plugin {
  const prefix = '\0left-out:';
  return {
    name: 'leave-out',
    enforce: 'pre',
    resolveId: (id, importer = '') =>
      unused.some(({ by, loaded }) => by.test(importer) && loaded.test(id)) ? `${prefix}${id}` : undefined,
    load: (id) => (id.startsWith(prefix) ? 'export {};' : undefined),
  };
}
