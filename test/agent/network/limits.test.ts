import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAnswerBudget } from '../../../main/agent/network/answer-budget.ts';
import { checkJson } from '../../../main/agent/network/json-shape.ts';
import { createNetwork } from '../../../main/agent/network/network.ts';

const network = createNetwork({});
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  network.reset();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listening(server: net.Server): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
const answering = (answer: (response: ServerResponse) => void) =>
  listening(http.createServer((_, response) => answer(response)));

const block = Buffer.alloc(256 * 1024, 'x');
/** Sends for as long as somebody reads. Returns how much has been sent. */
function sendForEver(response: ServerResponse): () => number {
  let sent = 0;
  const more = () => {
    while (!response.destroyed) {
      sent += block.length;
      if (!response.write(block)) break;
    }
  };
  response.on('drain', more);
  more();
  return () => sent;
}

describe('an answer that is too large', () => {
  it('without an end is refused after 32 MB, and its connection closed', async () => {
    let sent = () => 0;
    const server = http.createServer((_, response) => {
      sent = sendForEver(response);
    });
    const url = await listening(server);
    await expect(network.request(url)).rejects.toMatchObject({
      code: 'answer-refused',
      message: `${url.host} sent an answer larger than 32 MB.`,
    });
    expect(sent()).toBeLessThan(64 * 1024 * 1024);
    await vi.waitFor(async () => {
      expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
    });
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(40 * 1024 * 1024))],
    ['deflate', deflateSync(Buffer.alloc(40 * 1024 * 1024))],
  ])('counts what %s decompresses to', async (coding, bomb) => {
    const url = await answering((response) =>
      response.writeHead(200, { 'content-encoding': coding }).end(bomb),
    );
    await expect(network.request(url)).rejects.toMatchObject({
      code: 'answer-refused',
      message: expect.stringContaining('larger than 32 MB'),
    });
  });

  it.each([
    ['gzip', gzipSync('{"answer":42}')],
    ['deflate', deflateSync('{"answer":42}')],
  ])('a small one in %s is read', async (coding, body) => {
    const url = await answering((response) =>
      response.writeHead(200, { 'content-encoding': coding }).end(body),
    );
    expect(String((await network.request(url)).body)).toBe('{"answer":42}');
  });

  it.each([204, 304])('without content is read, though %s names a compression', async (status) => {
    const url = await answering((response) =>
      response.writeHead(status, { 'content-encoding': 'gzip' }).end(),
    );
    const { body } = await network.request(url);
    expect(body.length).toBe(0);
  });

  it('whose compression is damaged is refused', async () => {
    const damaged = gzipSync('hello there').subarray(0, -9);
    const url = await answering((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(damaged),
    );
    await expect(network.request(url)).rejects.toMatchObject({ code: 'answer-refused' });
  });

  it('is cut after 64 KB where it is the page of an error, whose status is what counts', async () => {
    const url = await answering((response) => sendForEver(response.writeHead(403)));
    const { status, body } = await network.request(url);
    expect([status, body.length]).toEqual([403, 64 * 1024]);
  });

  it('is cut in place of an upgrade', async () => {
    const server = http.createServer();
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on('error', () => {});
      socket.on('drain', more);
      more();
    });
    const result = await network.upgrade(await listening(server), {
      headers: { connection: 'Upgrade', upgrade: 'x' },
    });
    expect(result).toMatchObject({ kind: 'answered', answer: { status: 200 } });
    expect(result.kind === 'answered' && result.answer.body.length).toBe(64 * 1024);
  });

  it('of a thousand chunks of a byte arrives whole', async () => {
    const chunks = '1\r\nx\r\n'.repeat(1_000);
    const server = net.createServer((socket) =>
      socket.end(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}0\r\n\r\n`,
      ),
    );
    const { body } = await network.request(await listening(server));
    expect(String(body)).toBe('x'.repeat(1_000));
  });
});

it('an answer in chunks of a byte without end is refused', async () => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write('1\r\nx\r\n'.repeat(1_000)));
    };
    socket.on('drain', more);
    more();
  });
  await expect(network.request(await listening(server))).rejects.toMatchObject({
    code: 'answer-refused',
    message: expect.stringContaining('in pieces of a few bytes'),
  });
});

describe('an answer that does not come', () => {
  it('by a byte at a time ends at the limit of the whole exchange', async () => {
    const url = await answering((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    await expect(network.request(url, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' });
  });

  it('after headers without end is refused', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\n');
      const line = `X-More: ${'y'.repeat(1000)}\r\n`;
      const more = () => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.on('drain', more);
      more();
    });
    await expect(network.request(await listening(server))).rejects.toMatchObject({
      code: 'answer-refused',
      message: expect.stringContaining('HPE_HEADER_OVERFLOW'),
    });
  });
});

describe('JSON', () => {
  const accepts = (text: string) => checkJson(Buffer.from(text), 'api.example');

  it.each([
    ['100,000 levels of arrays', '['.repeat(100_000) + ']'.repeat(100_000), 'nests deeper than 200 levels'],
    ['100,000 levels of objects', '{"a":'.repeat(100_000), 'nests deeper than 200 levels'],
    ['a million keys', `{${'"a":1,'.repeat(1_000_000)}"b":1}`, 'holds more than 500000 values'],
    ['a million empty objects', `[${'{},'.repeat(1_000_000)}{}]`, 'holds more than 500000 values'],
  ])('of %s is refused', async (_, text, why) => {
    expect(() => accepts(text)).toThrow(why);
    const url = await answering((response) => response.end(text));
    await expect(network.request(url)).rejects.toMatchObject({
      code: 'answer-refused',
      message: `${url.host} sent an answer that ${why}.`,
    });
  });

  it.each([
    ['brackets and commas within strings', JSON.stringify(['[{,'.repeat(300_000), '\\"[[['])],
    ['an array of many arrays side by side', `[${'[1],'.repeat(100_000)}[]]`],
    ['text that is no JSON', `(${'['.repeat(1000)}`],
    ['an unfinished string', '{"a'],
    ['nothing', ''],
  ])('with %s is accepted', (_, text) => {
    expect(() => accepts(text)).not.toThrow();
  });
});

describe('many answers at once', () => {
  it('share a budget: the largest of the host that sends most gives way', () => {
    const refused: string[] = [];
    const reading = (host: string, name: string) => ({ host, refuse: () => refused.push(name) });
    const [first, second, other] = [reading('a', 'first'), reading('a', 'second'), reading('b', 'other')];
    const budget = createAnswerBudget(100);
    budget.take(first, 30);
    budget.take(second, 25);
    budget.take(other, 40);
    expect(refused).toEqual([]);
    budget.take(second, 20);
    // Down to a half: of the 70 that are left the other host's 40 are the most.
    expect(refused).toEqual(['second', 'other']);
    budget.take(first, 70);
    expect(refused).toEqual(['second', 'other']);
    budget.take(first, 1);
    expect(refused).toEqual(['second', 'other', 'first']);
  });

  it('from a host that sends without end fail, and another host is heard', async () => {
    const greedy = await answering((response) => sendForEver(response));
    const modest = await answering((response) => response.end(Buffer.alloc(2 * 1024 * 1024, 'm')));
    const [asked, ...attacks] = await Promise.allSettled([
      network.request(modest),
      ...Array.from({ length: 12 }, () => network.request(greedy)),
    ]);
    expect(asked).toMatchObject({ status: 'fulfilled', value: { body: { length: 2 * 1024 * 1024 } } });
    for (const attack of attacks)
      expect(attack).toMatchObject({ status: 'rejected', reason: { code: 'answer-refused' } });
  });
});
