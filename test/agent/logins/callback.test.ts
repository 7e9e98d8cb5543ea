import http from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { type Callback, openCallback } from '../../../main/agent/logins/callback.ts';
import { AppError } from '../../../main/model/app-error.ts';

let callback: Callback | undefined;
afterEach(() => callback?.close());

const open = async (port?: number) => {
  callback = await openCallback({
    host: '127.0.0.1',
    path: '/oauth/callback',
    title: 'AWS',
    ...(port === undefined ? {} : { port }),
  });
  return callback;
};

/** As a browser, or as anybody: `fetch` would not let us say Host or Origin. */
const ask = (
  { redirectUri }: Callback,
  options: { query?: string; path?: string; method?: string; headers?: http.OutgoingHttpHeaders } = {},
) =>
  new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const url = new URL(redirectUri);
    const { query = '', path = url.pathname, method = 'GET', headers = {} } = options;
    http
      .request(
        {
          host: '127.0.0.1',
          port: url.port,
          path: path + query,
          method,
          headers: { host: url.host, ...headers },
        },
        async (response) => {
          let body = '';
          for await (const chunk of response) body += chunk;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        },
      )
      .once('error', reject)
      .end();
  });

const never = new AbortController().signal;
const right = '?code=the-code&state=right';

test('the right answer is taken once, and the person sees that it is done', async () => {
  const opened = await open();
  const release = Promise.withResolvers<string>();
  const received = opened.receive({ state: 'right', signal: never, finish: () => release.promise });
  const first = ask(opened, { query: right, headers: { 'sec-fetch-dest': 'document' } });
  // The second comes while the first is being looked at.
  await expect.poll(async () => (await ask(opened, { query: right })).status).toBe(409);
  release.resolve('signed in');
  expect(await received).toBe('signed in');
  const { status, headers, body } = await first;
  expect(status).toBe(200);
  expect(body).toContain('You are signed in to AWS');
  expect(body).toContain('You can close this tab.');
  expect(body).not.toContain('the-code');
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  });
  await expect(ask(opened, { query: right })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('whatever is not the sign-in is refused, and the sign-in goes on', async () => {
  const opened = await open();
  const received = opened.receive({
    state: 'right',
    signal: never,
    finish: async (parameters) => parameters.get('code'),
  });
  const refusals = [
    [{ query: '?code=other&state=wrong' }, 400],
    [{ query: '?code=other' }, 400],
    [{ query: '?code=other&state=right&state=wrong' }, 400],
    [{ query: right, headers: { origin: 'https://evil.example' } }, 403],
    [{ query: right, headers: { origin: 'null' } }, 403],
    [{ query: right, headers: { 'sec-fetch-dest': 'image' } }, 403],
    [{ query: right, headers: { 'sec-fetch-dest': 'iframe' } }, 403],
    [{ query: right, headers: { host: 'evil.example' } }, 421],
    [
      {
        query: right,
        headers: { host: opened.redirectUri.replace(/^.*127\.0\.0\.1(:\d+).*$/, 'localhost$1') },
      },
      421,
    ],
    [{ query: right, path: '/oauth/callback/' }, 404],
    [{ path: '/favicon.ico' }, 404],
    [{ query: right, method: 'POST' }, 405],
    [{ query: right, method: 'HEAD' }, 405],
  ] as const;
  for (const [request, status] of refusals) expect((await ask(opened, request)).status).toBe(status);
  await ask(opened, { query: right });
  expect(await received).toBe('the-code');
});

test('a failure is shown, with what anybody wrote made harmless', async () => {
  const opened = await open();
  const received = opened.receive({
    state: 'right',
    signal: never,
    finish: () =>
      Promise.reject(new AppError('login-failed', 'It is <b>over</b> & "out".', { hint: "Don't." })),
  });
  const shown = ask(opened, { query: right });
  await expect(received).rejects.toMatchObject({ code: 'login-failed' });
  const { status, body } = await shown;
  expect(status).toBe(400);
  expect(body).toContain('It is &lt;b&gt;over&lt;/b&gt; &amp; &quot;out&quot;.');
  expect(body).toContain('Don&#39;t.');
});

test("the issuer's own refusal ends it, its words escaped, no code needed", async () => {
  const opened = await open();
  const received = opened.receive({ state: 'right', signal: never, finish: async () => 'never' });
  const query = `?state=right&error=server_error&error_description=${encodeURIComponent('<script>alert(1)</script>')}`;
  const shown = ask(opened, { query });
  await expect(received).rejects.toMatchObject({
    code: 'login-failed',
    message: 'AWS refused the sign-in (server_error).',
  });
  expect((await shown).body).toContain('&lt;script&gt;');
});

test.each(['?state=right', '?state=right&code=', '?state=right&code=a&code=b'])(
  '%s brings no code',
  async (query) => {
    const opened = await open();
    const received = opened.receive({ state: 'right', signal: never, finish: async () => 'never' });
    const shown = ask(opened, { query });
    await expect(received).rejects.toMatchObject({ code: 'login-failed' });
    expect((await shown).status).toBe(400);
  },
);

test('an abort gives the port back; a port that is taken is said', async () => {
  const opened = await open();
  const abandoned = new AbortController();
  const received = opened.receive({ state: 'right', signal: abandoned.signal, finish: async () => 'never' });
  const port = Number(new URL(opened.redirectUri).port);
  await expect(open(port)).rejects.toMatchObject({
    code: 'port-busy',
    message: expect.stringContaining(String(port)),
  });
  abandoned.abort(new Error('enough'));
  await expect(received).rejects.toThrow('enough');
  expect(new URL((await open(port)).redirectUri).port).toBe(String(port));
});

test('a login that is followed by another shows that it is done, and leads its tab on', async () => {
  const led = Promise.withResolvers<string | undefined>();
  callback = await openCallback(
    { host: '127.0.0.1', path: '/oauth/callback', title: 'AWS' },
    { next: () => led.promise },
  );
  const received = callback.receive({ state: 'right', signal: never, finish: async () => 'signed in' });
  const url = new URL(callback.redirectUri + right);
  const answer = await new Promise<http.IncomingMessage>((resolve) => http.get(url, resolve));
  const parts: string[] = [];
  const arrived = Promise.withResolvers<void>();
  answer.setEncoding('utf8').on('data', (part: string) => {
    parts.push(part);
    arrived.resolve();
  });
  await arrived.promise;
  expect(parts.join('')).toContain('You are signed in to AWS');
  expect(parts.join('')).toContain('The next sign-in opens in this tab.');
  expect(await received).toBe('signed in');
  led.resolve('https://login.example/a?b=1&c="2"');
  await new Promise((resolve) => answer.once('end', resolve));
  const refresh = 'content="0; url=https://login.example/a?b=1&amp;c=&quot;2&quot;"';
  expect(parts.join('')).toContain(refresh);
  expect(parts.join('')).not.toContain('the-code');
});

test('a tab that is closed meanwhile is not waited for', async () => {
  const closed = Promise.withResolvers<void>();
  callback = await openCallback(
    { host: '127.0.0.1', path: '/oauth/callback', title: 'AWS' },
    {
      next: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            closed.resolve();
            resolve(undefined);
          });
        }),
    },
  );
  const received = callback.receive({ state: 'right', signal: never, finish: async () => 'signed in' });
  const visit = http.get(new URL(callback.redirectUri + right), () => visit.destroy());
  visit.on('error', () => {});
  await received;
  await closed.promise;
});
