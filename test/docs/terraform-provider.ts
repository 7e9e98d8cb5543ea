import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Attribute, Attributes } from './cloudflare-schema.ts';

/**
 * A double of a Terraform provider: it knows the schema of its resources and data sources, and makes nothing. Terraform and
 * OpenTofu check a configuration against it, and `mock_provider` asks a provider for no more. It speaks version 6 of the
 * plugin protocol (`tfplugin6.proto` of terraform-plugin-go), on a socket that TF_REATTACH_PROVIDERS names.
 */
export async function startProvider(given: {
  readonly address: string;
  readonly resources: Readonly<Record<string, Attributes>>;
  readonly dataSources: Readonly<Record<string, Attributes>>;
}): Promise<{ readonly env: Readonly<Record<string, string>>; close(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'provider-'));
  const socket = path.join(folder, 'socket');
  const schemas = Buffer.concat([
    field(1, schema({})),
    ...entries(2, given.resources),
    ...entries(3, given.dataSources),
  ]);
  const answers = {
    GetProviderSchema: schemas,
    // No diagnostics: all is well.
    ValidateProviderConfig: Buffer.alloc(0),
    ValidateResourceConfig: Buffer.alloc(0),
    ValidateDataResourceConfig: Buffer.alloc(0),
    ConfigureProvider: Buffer.alloc(0),
    StopProvider: Buffer.alloc(0),
  };
  const server = new Server();
  const asIs = (bytes: Buffer) => bytes;
  for (const [name, answer] of Object.entries(answers)) {
    server.addService(
      {
        [name]: {
          path: `/tfplugin6.Provider/${name}`,
          ...{ requestStream: false, responseStream: false },
          ...{ requestSerialize: asIs, requestDeserialize: asIs },
          ...{ responseSerialize: asIs, responseDeserialize: asIs },
        },
      },
      { [name]: (_call: unknown, done: (error: null, answer: Buffer) => void) => done(null, answer) },
    );
  }
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  const reattach = {
    [given.address]: {
      ...{ Protocol: 'grpc', ProtocolVersion: 6, Pid: process.pid, Test: true },
      Addr: { Network: 'unix', String: socket },
    },
  };
  return {
    env: { TF_REATTACH_PROVIDERS: JSON.stringify(reattach) },
    async close() {
      server.forceShutdown();
      await rm(folder, { recursive: true });
    },
  };
}

// Protocol Buffers: fields of the wire types 0 (a number) and 2 (bytes of a length).

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
const field = (number: number, bytes: Buffer | string) =>
  Buffer.concat([varint(number * 8 + 2), varint(Buffer.byteLength(bytes)), Buffer.from(bytes)]);
const numberField = (number: number, value: number) => Buffer.concat([varint(number * 8), varint(value)]);

/** A map of protocol buffers: each entry is a message of key and value. */
const entries = (number: number, schemas: Readonly<Record<string, Attributes>>) =>
  Object.entries(schemas).map(([name, attributes]) =>
    field(number, Buffer.concat([field(1, name), field(2, schema(attributes))])),
  );
const schema = (attributes: Attributes) =>
  Buffer.concat([numberField(1, 0), field(2, Buffer.concat(all(2, attributes)))]);
const all = (number: number, attributes: Attributes) =>
  Object.entries(attributes).map(([name, attribute]) => field(number, encoded(name, attribute)));

const uses = { required: 4, optional: 5, computed: 6 } as const;
const nestings = { single: 1, list: 2, set: 3 } as const;

function encoded(name: string, attribute: Attribute): Buffer {
  const { use, type } =
    typeof attribute === 'string'
      ? { use: attribute.replace(/ \w+$/, ''), type: field(2, JSON.stringify(attribute.split(' ').at(-1))) }
      : {
          use: attribute.use,
          type: field(
            10,
            Buffer.concat([...all(1, attribute.attributes), numberField(3, nestings[attribute.nesting])]),
          ),
        };
  const flags = Object.entries(uses).flatMap(([word, number]) =>
    use.split(' ').includes(word) ? [numberField(number, 1)] : [],
  );
  return Buffer.concat([field(1, name), type, ...flags]);
}
