type RequestHandler = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: { readonly requestingUrl: string },
) => void;
type CheckHandler = (contents: unknown, permission: string, origin: string) => boolean;

const handlers: { request?: RequestHandler; check?: CheckHandler } = {};

export const session = {
  defaultSession: {
    setPermissionRequestHandler(handler: RequestHandler): void {
      handlers.request = handler;
    },
    setPermissionCheckHandler(handler: CheckHandler): void {
      handlers.check = handler;
    },
  },
};

/** What the app answers when a page asks for a permission; Electron grants what has no handler. */
export function isGranted(permission: string, url: string): { request: boolean; check: boolean } {
  let request = true;
  handlers.request?.(undefined, permission, (granted) => (request = granted), { requestingUrl: url });
  return {
    request,
    check: handlers.check?.(undefined, permission, url.replace(/^(\w+:\/\/[^/]+).*/, '$1/')) ?? true,
  };
}
