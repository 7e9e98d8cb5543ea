import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Reads a file of the window by its path below `/`, for windows that are not in a folder. Rejects if there is none. */
export type PageFiles = (name: string) => Promise<Buffer>;

/**
 * Resolves with the file that a URL's path names in a folder; `/` is `index.html`. Resolves with undefined if there is
 * none, if its type is not one that a page needs, or if it is outside the folder by `..`, an escape or a link.
 */
export async function readStaticFile(
  folder: string | PageFiles,
  pathname: string,
): Promise<{ readonly type: string; readonly body: Buffer } | undefined> {
  try {
    const name = pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
    const type = types[path.extname(name)];
    if (type === undefined) return undefined;
    if (typeof folder === 'function') return { type, body: await folder(name) };
    const root = await realpath(folder);
    const file = await realpath(path.join(root, name));
    if (!file.startsWith(root + path.sep)) return undefined;
    return { type, body: await readFile(file) };
  } catch {
    // Report a missing file, a folder and an invalid path alike.
    return undefined;
  }
}
