import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../main/agent/api-proxy/exchange.ts';
import type { Fields } from '../../../../main/agent/api-proxy/headers.ts';
import { metadataExchange } from '../../../../main/agent/api-proxy/read-only/secret-metadata.ts';

const password = 'aHVudGVyMg==';
const secret = (name: string) => ({
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: {
    name,
    namespace: 'web',
    labels: { app: 'a' },
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"password":"${password}"}}`,
    },
    managedFields: [{ fieldsV1: { 'f:data': { [`f:${password}`]: {} } } }],
  },
  data: { password },
  stringData: { password },
  immutable: true,
});

/** What a client gets of an answer that comes in pieces of `size` bytes. */
async function passed(
  body: string,
  { isWatch = false, size = 7, fields = [] }: { isWatch?: boolean; size?: number; fields?: Fields } = {},
) {
  const to = new PassThrough();
  let isBroken = false;
  let head: Fields = [];
  const asked: Exchange = {
    method: 'GET',
    path: '/api/v1/secrets',
    fields: [
      ['accept', '*/*'],
      ['Accept-Encoding', 'gzip'],
      ['User-Agent', 'kubectl'],
    ],
    body: undefined,
    signal: new AbortController().signal,
    socket: {} as TLSSocket,
    upgrade: undefined,
    respond(_, given) {
      head = given;
      return to;
    },
    refuse() {},
    breakOff() {
      isBroken = true;
      to.end();
    },
  };
  const exchange = metadataExchange(asked, { accept: 'application/json;as=Table;g=meta.k8s.io', isWatch });
  const through = exchange.respond(200, [['Content-Length', String(body.length)], ...fields]);
  const bytes = Buffer.from(body);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  if (through !== undefined) Readable.from(pieces).pipe(through);
  return { body: await text(to), isBroken, head, sent: exchange.fields };
}

describe('an answer about Secrets', () => {
  it('is asked for as metadata, in a form that can be read', async () => {
    const { sent, head } = await passed('{}');
    expect(sent).toEqual([
      ['User-Agent', 'kubectl'],
      ['Accept', 'application/json;as=Table;g=meta.k8s.io'],
    ]);
    expect(head).toEqual([]);
  });

  it.each([
    ['an object', secret('a')],
    [
      'a list',
      {
        kind: 'SecretList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '1' },
        items: [secret('a'), secret('b')],
      },
    ],
    [
      'a table with whole objects',
      {
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        metadata: {},
        columnDefinitions: [{ name: 'Name', type: 'string' }],
        rows: [{ cells: ['a', 'Opaque', 1], object: secret('a') }],
      },
    ],
    [
      'an object of a kind that was not asked for',
      { ...secret('a'), kind: 'Other', rows: [password], status: { password } },
    ],
    ['a list in a list', { kind: 'List', items: [{ kind: 'List', items: [secret('a')] }] }],
  ])('keeps names and labels, and no value: %s', async (_, given) => {
    for (const size of [1, 64, 100_000]) {
      const { body, isBroken } = await passed(JSON.stringify(given), { size });
      expect(isBroken).toBe(false);
      expect(body).toContain('"name":"a"');
      expect(body).toContain('"labels":{"app":"a"}');
      expect(body).not.toContain(password);
    }
  });

  it('keeps what a table shows', async () => {
    const table = {
      kind: 'Table',
      columnDefinitions: [{ name: 'Name' }],
      rows: [{ cells: ['a', 'Opaque', 1] }],
    };
    const { body } = await passed(JSON.stringify(table));
    expect(JSON.parse(body)).toMatchObject(table);
  });

  it('passes an error on', async () => {
    const status = { kind: 'Status', status: 'Failure', message: 'secrets is forbidden', code: 403 };
    expect(JSON.parse((await passed(JSON.stringify(status))).body)).toEqual(status);
  });

  it('of a watch is passed on event by event', async () => {
    const events = ['ADDED', 'MODIFIED', 'BOOKMARK'].map((type) => ({ type, object: secret(type) }));
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    for (const size of [1, 1_000, 100_000]) {
      const { body } = await passed(lines, { isWatch: true, size });
      expect(
        body
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).object.metadata.name),
      ).toEqual(events.map(({ type }) => type));
      expect(body).not.toContain(password);
    }
  });

  it.each([
    ['is no JSON', `password: ${password}`, false],
    ['breaks off', JSON.stringify(secret('a')).slice(0, -3), false],
    ['is no event', `${password}\n`, true],
  ])('is broken off where it %s', async (_, body, isWatch) => {
    const got = await passed(body, { isWatch });
    expect(got.isBroken).toBe(true);
    expect(got.body).not.toContain(password);
  });

  it('is broken off where it is compressed', async () => {
    const got = await passed('x', { fields: [['Content-Encoding', 'gzip']] });
    expect(got.isBroken).toBe(true);
  });
});
