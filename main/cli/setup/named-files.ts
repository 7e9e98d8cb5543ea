import path from 'node:path';
import { fileFolders } from '../../agent/organisation/organisation-files.ts';
import type { Organisation } from '../../model/organisation.ts';

/** A file that a configuration names. */
interface NamedFile {
  readonly path: readonly PropertyKey[];
  readonly file: string;
}

/**
 * Returns the files of a configuration that no system reads: they lie outside of the folders for such files. A user's own
 * folder for them (`organisation-files`) may be anywhere.
 */
export function unreadableFiles(organisation: Organisation): readonly NamedFile[] {
  return namedFiles(organisation).filter(({ file }) => !isAllowed(file));
}

function namedFiles({ access, sources, defaults }: Organisation): readonly NamedFile[] {
  const named: readonly { readonly path: readonly PropertyKey[]; readonly file: string | undefined }[] = [
    ...(access?.serviceTokens ?? []).flatMap(({ clientIdFile, clientSecretFile }, index) => [
      { path: ['access', 'serviceTokens', index, 'clientIdFile'], file: clientIdFile },
      { path: ['access', 'serviceTokens', index, 'clientSecretFile'], file: clientSecretFile },
    ]),
    ...(sources?.vault?.addresses ?? []).flatMap(({ login }, index) =>
      (['roleIdFile', 'secretIdFile', 'jwtFile'] as const).map((field) => ({
        path: ['sources', 'vault', 'addresses', index, 'login', field],
        file: login?.[field],
      })),
    ),
    ...(sources?.files ?? []).map((file, index) => ({ path: ['sources', 'files', index], file })),
    ...(defaults?.clusterFiles ?? []).map((file, index) => ({
      path: ['defaults', 'clusterFiles', index],
      file,
    })),
    { path: ['defaults', 'extraAuthorities'], file: defaults?.extraAuthorities },
  ];
  return named.flatMap(({ path: at, file }) =>
    file === undefined || file === '' ? [] : [{ path: at, file }],
  );
}

function isAllowed(file: string): boolean {
  if (/[\\/]organisation-files[\\/]/.test(file)) return true;
  return (['linux', 'darwin', 'win32'] as const).some((platform) => {
    const { relative, isAbsolute } = platform === 'win32' ? path.win32 : path.posix;
    return fileFolders({ env: {}, config: '/' }, platform).system.some((folder) => {
      const below = relative(folder, file);
      return below !== '' && !below.startsWith('..') && !isAbsolute(below);
    });
  });
}
