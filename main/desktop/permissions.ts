import { session } from 'electron';
import { origin } from './app-origin.ts';

/** Denies all permissions, except that our page may write text to the clipboard on the user's request. */
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
