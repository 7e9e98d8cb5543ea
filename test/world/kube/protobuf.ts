/**
 * Reads the protobuf bodies that kubectl sends for the kinds that it can create here, and to delete. Answers stay JSON, which every
 * client reads.
 */

type Reading =
  | { readonly as: 'text' | 'boolean' | 'texts' | 'bytesTexts' }
  | { readonly as: 'message'; readonly fields: Fields };
type Fields = Readonly<Record<number, readonly [name: string, reading: Reading]>>;

const text: Reading = { as: 'text' };
const texts: Reading = { as: 'texts' };
const message = (fields: Fields): Reading => ({ as: 'message', fields });

// Field numbers: generated.proto of k8s.io/apimachinery and k8s.io/api.
const metadata = message({
  1: ['name', text],
  2: ['generateName', text],
  3: ['namespace', text],
  11: ['labels', texts],
  12: ['annotations', texts],
});
const resourceAttributes = message({
  1: ['namespace', text],
  2: ['verb', text],
  3: ['group', text],
  4: ['version', text],
  5: ['resource', text],
  6: ['subresource', text],
  7: ['name', text],
});
const kinds: Readonly<Record<string, Fields>> = {
  Namespace: { 1: ['metadata', metadata] },
  ConfigMap: {
    1: ['metadata', metadata],
    2: ['data', texts],
    3: ['binaryData', { as: 'bytesTexts' }],
    4: ['immutable', { as: 'boolean' }],
  },
  Secret: {
    1: ['metadata', metadata],
    2: ['data', { as: 'bytesTexts' }],
    3: ['type', text],
    4: ['stringData', texts],
    5: ['immutable', { as: 'boolean' }],
  },
  DeleteOptions: {
    2: ['preconditions', message({ 1: ['uid', text], 2: ['resourceVersion', text] })],
    4: ['propagationPolicy', text],
    5: ['dryRun', text],
  },
  ServiceAccount: { 1: ['metadata', metadata], 4: ['automountServiceAccountToken', { as: 'boolean' }] },
  SelfSubjectReview: { 1: ['metadata', metadata] },
  SelfSubjectAccessReview: {
    1: ['metadata', metadata],
    2: ['spec', message({ 1: ['resourceAttributes', resourceAttributes] })],
  },
  SelfSubjectRulesReview: { 1: ['metadata', metadata], 2: ['spec', message({ 1: ['namespace', text] })] },
};

const magic = 'k8s\0';

/** The body as its JSON form has it; undefined when it is of no kind that is known here. */
export function decodeProtobuf(body: Buffer): Record<string, unknown> | undefined {
  if (body.subarray(0, magic.length).toString('latin1') !== magic) return undefined;
  const envelope = readFields(body.subarray(magic.length));
  const typeMeta = readFields(bytesOf(envelope, 1));
  const [apiVersion, kind] = [bytesOf(typeMeta, 1).toString(), bytesOf(typeMeta, 2).toString()];
  const fields = kinds[kind];
  if (!fields) return undefined;
  return { apiVersion, kind, ...decodeMessage(bytesOf(envelope, 2), fields) };
}

interface Field {
  readonly number: number;
  readonly value: Buffer | number;
}

function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag >>> 3;
    if ((tag & 7) === 0) {
      fields.push({ number, value: varint() });
      continue;
    }
    // Kubernetes has no 32-bit and 64-bit fields in these kinds.
    const length = varint();
    fields.push({ number, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function bytesOf(fields: readonly Field[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function decodeMessage(bytes: Buffer, fields: Fields): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const { number, value } of readFields(bytes)) {
    const [name, reading] = fields[number] ?? [];
    if (name === undefined || reading === undefined) continue;
    if (reading.as === 'boolean') {
      decoded[name] = value !== 0;
    } else if (Buffer.isBuffer(value)) {
      const known = decoded[name] as Record<string, string> | undefined;
      if (reading.as === 'message') decoded[name] = decodeMessage(value, reading.fields);
      else if (reading.as === 'text')
        Object.assign(decoded, value.length > 0 ? { [name]: value.toString() } : {});
      else decoded[name] = { ...known, ...mapEntry(value, reading.as === 'texts' ? 'utf8' : 'base64') };
    }
  }
  return decoded;
}

function mapEntry(bytes: Buffer, encoding: BufferEncoding): Record<string, string> {
  const entry = readFields(bytes);
  return { [bytesOf(entry, 1).toString()]: bytesOf(entry, 2).toString(encoding) };
}
