import { session } from 'electron';
import { origin } from './app-origin.ts';

/** No page is granted anything, but that ours may put text on the clipboard when the person asks it to. */
export function denyPermissions(): void {
  const isGranted = (permission: string, url: string) =>
    permission === 'clipboard-sanitized-write' && url.startsWith(`${origin}/`);
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(isGranted(permission, requestingUrl)),
  );
  defaultSession.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isGranted(permission, `${requestingOrigin}/`),
  );
}
