import { Transform, type Writable } from 'node:stream';
import type { Exchange } from '../exchange.ts';
import type { Fields } from '../headers.ts';

/** The largest answer about Secrets that is read into memory, in bytes. Lists have pages of 500 with most clients. */
const largest = 64 * 1024 * 1024;
/** Forms of an answer without the data of its objects. */
const forms = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/**
 * Returns what is left of an `Accept` if only answers about metadata may come, in JSON, or undefined if nothing is.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
export function metadataAccept(values: readonly string[]): string | undefined {
  const ranges = values
    .flatMap((value) => value.split(','))
    .map((range) => range.trim())
    .filter((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
      const given = new Map(parameters.map((one) => one.split('=') as [string, string]));
      return (
        type.toLowerCase() === 'application/json' &&
        forms.has(given.get('as') ?? '') &&
        given.get('g') === 'meta.k8s.io'
      );
    });
  return ranges.length === 0 ? undefined : ranges.join(',');
}

/** Returns the exchange as it goes on: it asks for metadata, and its answer has nothing else. */
export function metadataExchange(
  exchange: Exchange,
  { accept, isWatch }: { readonly accept: string; readonly isWatch: boolean },
): Exchange {
  const replaced = new Set(['accept', 'accept-encoding']);
  const fields: Fields = [
    ...exchange.fields.filter(([name]) => !replaced.has(name.toLowerCase())),
    ['Accept', accept],
  ];
  return {
    ...exchange,
    fields,
    respond(status, given) {
      const isEncoded = given.some(
        ([name, value]) => name.toLowerCase() === 'content-encoding' && value.toLowerCase() !== 'identity',
      );
      // It was not asked for, and cannot be read here.
      if (isEncoded) {
        exchange.breakOff();
        return undefined;
      }
      const to = exchange.respond(
        status,
        given.filter(([name]) => name.toLowerCase() !== 'content-length'),
      );
      return to === undefined ? undefined : filterInto(to, { isWatch, breakOff: exchange.breakOff });
    },
  };
}

function filterInto(
  to: Writable,
  { isWatch, breakOff }: { readonly isWatch: boolean; readonly breakOff: () => void },
): Writable {
  let waiting: Buffer[] = [];
  let size = 0;
  const taken = (): string => {
    const text = Buffer.concat(waiting).toString('utf8');
    waiting = [];
    size = 0;
    return text;
  };
  const filter = new Transform({
    transform(chunk: Buffer, _, done) {
      let rest = chunk;
      let out = '';
      try {
        for (let end = isWatch ? rest.indexOf(10) : -1; end >= 0; end = rest.indexOf(10)) {
          waiting.push(rest.subarray(0, end));
          rest = rest.subarray(end + 1);
          out += eventOf(taken());
        }
      } catch (error) {
        done(error as Error);
        return;
      }
      waiting.push(rest);
      size += rest.length;
      if (size > largest) done(new Error('The answer about Secrets is too large.'));
      else done(null, out === '' ? undefined : out);
    },
    flush(done) {
      const text = taken();
      try {
        if (text.trim() === '') done();
        else done(null, isWatch ? eventOf(text) : `${JSON.stringify(metadataOf(JSON.parse(text)))}\n`);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  filter.on('error', breakOff);
  filter.pipe(to);
  return filter;
}

/** Returns a line of a watch (`metav1.WatchEvent`) without the data of its object. */
function eventOf(line: string): string {
  if (line.trim() === '') return '';
  const { type, object } = JSON.parse(line) as { readonly type: unknown; readonly object: unknown };
  return `${JSON.stringify({ type, object: metadataOf(object) })}\n`;
}

/**
 * Returns an object, a list or a table with the metadata of its objects alone. Without annotations: the one that
 * `kubectl apply` writes holds the data.
 */
function metadataOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, apiVersion, metadata, items, rows, columnDefinitions, ...rest } = value as Record<
    string,
    unknown
  >;
  if (kind === 'Status') return { kind, apiVersion, metadata, ...rest };
  if (kind === 'Table')
    return {
      ...{ kind, apiVersion, metadata, columnDefinitions },
      rows: asList(rows).map((row) => {
        const { cells, conditions, object } = row as Record<string, unknown>;
        return { cells, conditions, object: metadataOf(object) };
      }),
    };
  const { annotations: _, managedFields: __, ...about } = (metadata ?? {}) as Record<string, unknown>;
  return {
    ...{ kind, apiVersion, metadata: about },
    ...(items === undefined ? {} : { items: asList(items).map(metadataOf) }),
  };
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
