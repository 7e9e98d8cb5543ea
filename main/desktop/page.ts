import { protocol } from 'electron';
import { pageHeaders } from '../api/web/page-headers.ts';
import { readStaticFile } from '../api/web/static-file.ts';
import { origin, scheme } from './app-origin.ts';

/** Makes the page a secure origin. Call it before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the files of the built window, and nothing else, to `app://k8s-tunnels`. */
export function servePage(folder: string): void {
  protocol.handle(scheme, async (request) => {
    const { host, pathname } = new URL(request.url);
    const isOurs = request.method === 'GET' && `${scheme}://${host}` === origin;
    const file = isOurs ? await readStaticFile(folder, pathname) : undefined;
    if (file === undefined) return new Response('Not found.', { status: 404, headers: pageHeaders });
    return new Response(new Uint8Array(file.body), {
      headers: { ...pageHeaders, 'Content-Type': file.type },
    });
  });
}
