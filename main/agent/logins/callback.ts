import { createHash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { AppError, errnoOf, toPlainError } from '../../model/app-error.ts';
import { callbackHeaders, callbackPage, openPage, restOfPage } from './callback-page.ts';
import type { Tab } from './tab.ts';

/** The address that the browser returns to after a login: it accepts one visit, from this computer only. */
export interface Callback {
  /** The redirect address for the issuer. */
  readonly redirectUri: string;
  /**
   * Waits for the browser with the right `state`, passes the parameters to `finish`, and shows the user the result.
   * Refuses all other requests without any effect. Rejects as `finish` does, with `login-failed` if the issuer reports
   * an error, or with the signal's reason.
   */
  receive<T>(options: {
    readonly state: string;
    readonly signal: AbortSignal;
    readonly finish: (parameters: URLSearchParams) => Promise<T>;
  }): Promise<T>;
  /** Safe to call twice. Requests in progress are still answered. */
  close(): void;
}

/**
 * Listens on 127.0.0.1, on a free port unless the issuer requires one. `title` names what the user signs in to. With
 * `next`, the tab waits for the next login. Rejects with `port-busy` if the port is taken.
 */
export async function openCallback(
  options: {
    /** In the form that the issuer requires. */
    readonly host: '127.0.0.1' | 'localhost';
    readonly port?: number;
    readonly path: string;
    readonly title: string;
  },
  { next }: { readonly next?: Tab['next'] | undefined } = {},
): Promise<Callback> {
  const { host, path, title } = options;
  type Waiting = { readonly state: string; readonly accept: (parameters: URLSearchParams) => Promise<void> };
  let waiting: Waiting | undefined;
  let taken = false;
  let ownHost = '';

  const server = http.createServer(
    { maxHeaderSize: 32 * 1024, requestTimeout: 10_000 },
    async (request, response) => {
      const answer = (
        status: number,
        page: Parameters<typeof callbackPage>[0],
        headers: http.OutgoingHttpHeaders = {},
      ) =>
        new Promise<void>((resolve) => {
          response.once('close', resolve);
          response.writeHead(status, { ...callbackHeaders, ...headers }).end(callbackPage(page));
        });
      const refuse = (status: number, line: string, headers?: http.OutgoingHttpHeaders) =>
        answer(status, { status: 'failed', heading: 'This is not the sign-in', lines: [line] }, headers);

      const { origin, host: askedHost, 'sec-fetch-dest': destination } = request.headers;
      // Another name for this address means DNS rebinding: a page tries to read the answer.
      if (askedHost !== ownHost) return refuse(421, 'It was asked for under another name.');
      // A tab that arrives by a redirect sends no origin. A script, form, image or frame of another page does, or sends
      // another destination.
      if (origin !== undefined || (destination !== undefined && destination !== 'document'))
        return refuse(403, 'Another page has asked for it.');
      const url = URL.parse(request.url ?? '', `http://${ownHost}`);
      if (url?.pathname !== path) return refuse(404, 'There is nothing here.');
      if (request.method !== 'GET') return refuse(405, 'A browser comes back by GET.', { allow: 'GET' });
      const [state, ...more] = url.searchParams.getAll('state');
      if (taken) return refuse(409, 'This sign-in has been answered already.');
      if (waiting === undefined || state === undefined || more.length > 0 || !isSame(state, waiting.state))
        return refuse(
          400,
          'The answer belongs to another sign-in, perhaps an older one. Start again from k8s-tunnels.',
        );
      taken = true;
      try {
        await waiting.accept(url.searchParams);
        const done = { status: 'done', heading: `You are signed in to ${title}` } as const;
        if (next === undefined) await answer(200, { ...done, lines: ['You can close this tab.'] });
        else await leadOn(response, { ...done, lines: ['The next sign-in opens in this tab.'] }, next);
      } catch (error) {
        const { message, hint } = toPlainError(error);
        await answer(400, {
          status: 'failed',
          heading: `You are not signed in to ${title}`,
          lines: [message, ...(hint === undefined ? [] : [hint]), 'You can close this tab.'],
        });
      }
      server.close();
    },
  );
  const port = await listen(server, options.port ?? 0, title);
  ownHost = `${host}:${port}`;

  return {
    redirectUri: `http://${ownHost}${path === '/' ? '' : path}`,
    receive: ({ state, signal, finish }) =>
      new Promise((resolve, reject) => {
        const abort = () => {
          reject(signal.reason);
          // Close the port at once: a browser that comes later gets no answer.
          if (!taken) server.close();
        };
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        waiting = {
          state,
          async accept(parameters) {
            try {
              refuseErrors(parameters, title);
              resolve(await finish(parameters));
            } catch (error) {
              reject(error);
              throw error;
            } finally {
              signal.removeEventListener('abort', abort);
            }
          },
        };
      }),
    close: () => void server.close(),
  };
}

/** Shows the page while the tab waits for the next login: a browser draws the beginning of an answer. */
async function leadOn(
  response: http.ServerResponse,
  page: Parameters<typeof openPage>[0],
  next: Tab['next'],
): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.writeHead(200, callbackHeaders).write(openPage(page));
  response.end(restOfPage(await next(closed.signal)));
}

async function listen(server: http.Server, port: number, title: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch((cause: unknown) => {
    if (errnoOf(cause) !== 'EADDRINUSE' && errnoOf(cause) !== 'EACCES') throw cause;
    throw new AppError(
      'port-busy',
      `Port ${port}, to which ${title} sends the browser back, is in use by another program.`,
      {
        hint: 'End the other sign-in, or the program that listens there, and try again.',
        cause,
      },
    );
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/**
 * Rejects error responses (RFC 6749, 4.1.2.1). The description may come from anybody: show it, but let nothing depend
 * on it.
 */
function refuseErrors(parameters: URLSearchParams, title: string): void {
  const error = parameters.get('error');
  if (error !== null) {
    const description = parameters.get('error_description') ?? '';
    const said = /^[\w.-]{1,64}$/.test(error) ? error : 'an error';
    throw new AppError('login-failed', `${title} refused the sign-in (${said}).`, {
      hint:
        error === 'access_denied'
          ? 'Sign in again and allow it, or ask an administrator.'
          : description.slice(0, 300) || undefined,
    });
  }
  if (parameters.getAll('code').length !== 1 || parameters.get('code') === '')
    throw new AppError('login-failed', `${title} sent the browser back without a code.`, {
      hint: 'Try again.',
    });
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
