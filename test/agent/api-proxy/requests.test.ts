import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../main/model/app-error.ts';
import { type ProxyRig, startProxyRig, startServer, token } from './rig.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly version: string;
  readonly user: string | undefined;
}

let rig: ProxyRig;
let seen: Seen[];
/** How many requests have begun. */
let begun: number;
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
let server: Awaited<ReturnType<typeof startServer>>;
const sessions = new Set<object>();

/** An API server that records every request: over HTTP/2 as kube-apiserver speaks it, or HTTP/1.1 alone. */
async function start(speaks: readonly ('h2' | 'http/1.1')[] = ['h2', 'http/1.1']): Promise<void> {
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    begun += 1;
    const body = await text(request).catch(() => 'cut off');
    const socket = request.socket as unknown as { getPeerCertificate?(): { subject?: { CN?: string } } };
    seen.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body,
      version: request.httpVersion,
      user: socket.getPeerCertificate?.()?.subject?.CN,
    });
    response.on('error', () => {});
    answer(request, response, body);
  };
  const h1 = http.createServer(onRequest);
  const h2 = http2.createServer((request, response) =>
    onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
  h2.on('session', (session) => sessions.add(session));
  server = await startServer(
    rig.authority,
    (socket) => (socket.alpnProtocol === 'h2' ? h2 : h1).emit('connection', socket),
    {
      ALPNProtocols: [...speaks],
      requestCert: true,
      rejectUnauthorized: false,
      ca: rig.authority.certificate,
    },
  );
  rig.target = server.port;
}

beforeEach(async () => {
  rig = await startProxyRig();
  seen = [];
  begun = 0;
  sessions.clear();
  answer = (_, response) => response.end('answered');
});
afterEach(async () => {
  await rig.close();
  await server?.close();
});

interface Asked {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

type Ask = (options: {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
  readonly secret?: string | null;
}) => Promise<Asked>;

const overHttp1: Ask = async ({ path = '/version', method = 'GET', headers = {}, body, secret }) => {
  const socket = await rig.connect('http/1.1');
  const given = secret === undefined ? (await rig.endpoint()).secret : secret;
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        createConnection: () => socket,
        path,
        method,
        headers: { ...headers, ...(given === null ? {} : { authorization: `Bearer ${given}` }) },
      },
      async (response) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: await text(response).catch(() => 'cut off'),
        }),
    );
    request.on('error', reject);
    request.end(body);
  });
};

const overHttp2: Ask = async ({ path = '/version', method = 'GET', headers = {}, body, secret }) => {
  const socket = await rig.connect('h2');
  const given = secret === undefined ? (await rig.endpoint()).secret : secret;
  const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
  const stream = session.request(
    {
      ...headers,
      ':path': path,
      ':method': method,
      ...(given === null ? {} : { authorization: `Bearer ${given}` }),
    },
    { endStream: body === undefined },
  );
  if (body !== undefined) stream.end(body);
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('response', async ({ ':status': status = 0, ...rest }) => {
      resolve({ status, headers: rest, body: await text(stream).catch(() => 'cut off') });
      session.close();
    });
  });
};

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
] as const)('a client over %s', (name, ask) => {
  // Node itself sends such a body without any length.
  const unframed = name === 'HTTP/2' ? {} : { 'transfer-encoding': 'chunked' };

  it.each([['h2'], ['http/1.1']] as const)(
    'reaches a server that speaks %s, with the credential of the user',
    async (speaks) => {
      await start([speaks]);
      const { status, body } = await ask({ path: '/api/v1/pods?limit=1&x=%2F' });
      expect({ status, body }).toEqual({ status: 200, body: 'answered' });
      expect(seen).toMatchObject([
        { method: 'GET', url: '/api/v1/pods?limit=1&x=%2F', version: speaks === 'h2' ? '2.0' : '1.1' },
      ]);
      expect(seen[0]?.headers.authorization).toBe('Bearer users-own');
    },
  );

  it('gets 401 and a Status without a secret, and nothing reaches the server', async () => {
    await start();
    const { secret } = await rig.endpoint();
    for (const given of [null, '', `${secret}x`, secret.toUpperCase(), secret.slice(0, -1)]) {
      const { status, body, headers } = await ask({ secret: given });
      expect(status, String(given)).toBe(401);
      expect(headers['content-type']).toBe('application/json');
      expect(JSON.parse(body)).toMatchObject({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'Unauthorized',
        code: 401,
      });
    }
    expect(seen).toEqual([]);
    expect(rig.dialed).toEqual([]);
    expect(rig.refusals.every(({ reason }) => reason === 'password')).toBe(true);
  });

  it('sends a body, with and without its length, whatever the method', async () => {
    await start(['http/1.1']);
    for (const method of ['POST', 'DELETE', 'GET'])
      for (const headers of [unframed, { 'content-length': '5' }])
        await ask({ method, headers, body: 'hello' });
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(
      ['POST', 'POST', 'DELETE', 'DELETE', 'GET', 'GET'].map((method) => `${method} hello`),
    );
  });

  it('gets each piece of an answer when it comes', async () => {
    await start();
    const release = Promise.withResolvers<void>();
    answer = (_, response) => {
      response.writeHead(200);
      response.write('first');
      void release.promise.then(() => response.end('last'));
    };
    // The answer would not come at all if the first piece waited for the last one.
    const pieces: string[] = [];
    const socket = await rig.connect('h2');
    const { secret } = await rig.endpoint();
    const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
    const stream = session.request({ ':path': '/api/v1/pods?watch=true', authorization: `Bearer ${secret}` });
    stream.on('data', (chunk: Buffer) => pieces.push(String(chunk)));
    await vi.waitFor(() => expect(pieces).toEqual(['first']));
    release.resolve();
    await vi.waitFor(() => expect(pieces).toEqual(['first', 'last']));
  });

  it('gets an answer whole that was complete before anybody read it', async () => {
    await start();
    const whole = 'x'.repeat(5_000);
    answer = (_, response) => response.end(whole);
    for (let round = 0; round < 20; round += 1) expect((await ask({})).body).toBe(whole);
  });

  it('sees that an answer broke off', async () => {
    await start();
    answer = (_, response) => {
      response.writeHead(200);
      response.write('part');
      // As kube-apiserver does when it gives up.
      setImmediate(() =>
        'stream' in response
          ? (response as unknown as http2.Http2ServerResponse).stream.close(2)
          : response.destroy(),
      );
    };
    const { body } = await ask({}).catch(() => ({ body: 'cut off' }));
    expect(body).toBe('cut off');
  });

  it('is told what to do when the tunnel or the session is missing', async () => {
    rig.target = 0;
    rig.credential = new AppError('aws-session-expired', 'Your session with acme has expired.', {
      hint: 'Run `k8s-tunnels login aws`.',
      signIn: { provider: 'aws' },
    });
    const ended = await ask({});
    expect(ended.status).toBe(401);
    expect(JSON.parse(ended.body).message).toMatch(/expired.*k8s-tunnels login aws/);
    rig.credential = token('users-own');
    rig.target = new AppError('edge-failed', 'The edge refused it.', { hint: 'Ask somebody.' });
    const down = await ask({});
    expect(down.status).toBe(503);
    expect(JSON.parse(down.body)).toMatchObject({
      reason: 'ServiceUnavailable',
      message: 'k8s-tunnels: The edge refused it. Ask somebody.',
    });
  });
});

describe('what a client says about itself', () => {
  it.each([
    ['HTTP/1.1', overHttp1],
    ['HTTP/2', overHttp2],
  ] as const)('does not reach the server over %s', async (_, ask) => {
    await start();
    const { secret } = await rig.endpoint();
    await ask({
      headers: {
        'proxy-authorization': 'Basic abc',
        'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from(secret).toString('base64url')}`,
        'impersonate-user': 'ada',
        'x-custom': 'kept',
      },
    });
    const { headers } = seen[0] ?? {};
    expect(JSON.stringify(headers)).not.toContain(secret);
    expect(JSON.stringify(headers)).not.toContain('bearer.authorization');
    expect(headers).toMatchObject({
      'x-custom': 'kept',
      'impersonate-user': 'ada',
      authorization: 'Bearer users-own',
    });
    expect(headers).not.toHaveProperty('proxy-authorization');
  });

  it('nor do fields that its Connection names', async () => {
    await start(['http/1.1']);
    await overHttp1({
      headers: { connection: 'x-hop, keep-alive', 'x-hop': '1', te: 'trailers', 'x-kept': '2' },
    });
    const { headers } = seen[0] ?? {};
    expect(headers).not.toHaveProperty('x-hop');
    expect(headers).not.toHaveProperty('te');
    expect(headers).toMatchObject({ 'x-kept': '2', host: 'api.cluster.example' });
  });
});

describe('the credential', () => {
  it('may be a client certificate', async () => {
    await start();
    const { key, certificate } = await rig.authority.issueClient('ada', ['devs']);
    rig.credential = { kind: 'client-certificate', certificate, key, expiresAt: undefined };
    await overHttp1({});
    expect(seen[0]).toMatchObject({ user: 'ada' });
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('never uses a connection that has shown the certificate of another user', async () => {
    await start();
    for (const user of ['ada', 'bob']) {
      const { key, certificate } = await rig.authority.issueClient(user, []);
      rig.credential = { kind: 'client-certificate', certificate, key, expiresAt: undefined };
      await overHttp1({});
    }
    expect(seen.map(({ user }) => user)).toEqual(['ada', 'bob']);
  });

  it('is made again once when the server refuses it, unless a body was sent', async () => {
    await start();
    answer = ({ headers }, response) => {
      response.statusCode = headers.authorization === 'Bearer fresh' ? 200 : 401;
      response.end('answered');
      rig.credential = token('fresh');
    };
    rig.credential = token('stale');
    expect((await overHttp1({})).status).toBe(200);
    expect(rig.drops()).toBe(1);
    rig.credential = token('stale');
    expect((await overHttp1({ method: 'POST', body: 'once' })).status).toBe(401);
    expect(seen.map(({ method, headers }) => `${method} ${headers.authorization}`)).toEqual([
      'GET Bearer stale',
      'GET Bearer fresh',
      'POST Bearer stale',
    ]);
  });

  it('that stays refused is asked for once', async () => {
    await start();
    answer = (_, response) => {
      response.statusCode = 401;
      response.end('no');
    };
    expect((await overHttp1({})).status).toBe(401);
    expect(seen).toHaveLength(1);
  });
});

describe('a refusal of the API server', () => {
  const identity = {
    used: 'AWS profile viewer',
    others: ['AWS profile admin'],
    grants: 'an EKS access entry for its role',
    choose: 'the setting awsRoles',
  };
  const refused = (code: number, message: string, more: object = {}) => ({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message,
    code,
    ...more,
  });
  const refuse = (status: object & { readonly code: number }) => {
    answer = (_, response) => {
      const text = JSON.stringify(status);
      response.writeHead(status.code, { 'content-type': 'application/json', 'content-length': text.length });
      response.end(text);
    };
  };
  beforeEach(() => {
    rig.credential = { kind: 'token', token: 'users-own', expiresAt: undefined, identity };
  });

  it.each([
    ['h2', 401, 'Unauthorized'],
    ['http/1.1', 401, 'Unauthorized'],
    ['h2', 403, 'pods is forbidden: User "viewer" cannot list resource "pods"'],
  ] as const)(
    'over %s, %i, names who signed in, who else could, and what grants access',
    async (speaks, code, message) => {
      await start([speaks]);
      refuse(refused(code, message, { details: { kind: 'pods' } }));
      const { status, body, headers } = await overHttp1({});
      expect(status).toBe(code);
      expect(headers['content-length']).toBe(`${body.length}`);
      expect(JSON.parse(body)).toEqual(
        refused(
          code,
          `${message} (k8s-tunnels signed in as AWS profile viewer. Others that reach it: AWS profile admin (choose by the setting awsRoles). That identity needs an EKS access entry for its role.)`,
          { details: { kind: 'pods' } },
        ),
      );
    },
  );

  it('that is no Status passes as it is, and so does one without a body', async () => {
    await start(['http/1.1']);
    answer = (_, response) => {
      response.writeHead(403, { 'content-type': 'application/json', 'content-length': 2 });
      response.end('{}');
    };
    expect(await overHttp1({})).toMatchObject({ status: 403, body: '{}' });
    refuse(refused(401, 'Unauthorized'));
    expect(await overHttp1({ method: 'HEAD' })).toMatchObject({ status: 401, body: '' });
  });
});

it('many watches share one connection to the server', async () => {
  await start();
  answer = (_, response) => {
    response.writeHead(200);
    response.write('begun');
  };
  const socket = await rig.connect('h2');
  const { secret } = await rig.endpoint();
  const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
  let watching = 0;
  for (let at = 0; at < 100; at += 1) {
    const stream = session.request({
      ':path': `/api/v1/pods?watch=${at}`,
      authorization: `Bearer ${secret}`,
    });
    stream.on('error', () => {}).once('data', () => (watching += 1));
  }
  await vi.waitFor(() => expect(watching).toBe(100), { timeout: 10_000 });
  expect(sessions.size).toBe(1);
  expect(rig.dialed).toHaveLength(1);
});

it.each([['h2'], ['http/1.1']] as const)(
  'a body that breaks off is never complete for a server that speaks %s',
  async (speaks) => {
    await start([speaks]);
    for (const framing of ['Content-Length: 20', 'Transfer-Encoding: chunked']) {
      const socket = await rig.connect('http/1.1');
      const { secret } = await rig.endpoint();
      const before = begun;
      socket.write(
        `POST /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n${framing}\r\n\r\n5\r\nhello\r\n`,
      );
      await vi.waitFor(() => expect(begun).toBe(before + 1));
      socket.destroy();
    }
    await vi.waitFor(() => expect(seen.map(({ body }) => body)).toEqual(['cut off', 'cut off']));
  },
);

it.each([
  ['h2', 'HTTP/1.1', overHttp1],
  ['h2', 'HTTP/2', overHttp2],
  ['http/1.1', 'HTTP/1.1', overHttp1],
  ['http/1.1', 'HTTP/2', overHttp2],
] as const)(
  'an answer that ends with the connection to a server that speaks %s is not complete over %s',
  async (speaks, _, ask) => {
    await start([speaks]);
    answer = (_request, response) => {
      response.writeHead(200);
      response.write('begun', () => rig.dialed.at(-1)?.destroy());
    };
    const asked = await ask({}).catch(() => undefined);
    expect(asked?.body ?? 'cut off').toBe('cut off');
  },
);

it('a request of an HTTP/2 client whose connection ends is cancelled at the server', async () => {
  await start();
  const cancelled = Promise.withResolvers<void>();
  answer = (_, response) => {
    response.writeHead(200);
    response.write('begun');
    response.once('close', () => cancelled.resolve());
  };
  const socket = await rig.connect('h2');
  const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
  session.on('error', () => {});
  const authorization = `Bearer ${(await rig.endpoint()).secret}`;
  const stream = session.request({ ':path': '/api/v1/pods?watch=1', authorization });
  stream.on('error', () => {});
  await once(stream, 'data');
  socket.destroy();
  await cancelled.promise;
});

it('a request of a client that has gone is cancelled at the server', async () => {
  await start();
  const cancelled = Promise.withResolvers<void>();
  answer = (_, response) => {
    response.writeHead(200);
    response.write('begun');
    response.once('close', () => cancelled.resolve());
  };
  const socket = await rig.connect('http/1.1');
  const { secret } = await rig.endpoint();
  socket.write(`GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  socket.destroy();
  await cancelled.promise;
});
