import { isIPv4, isIPv6 } from 'node:net';
import type { Reach, TagProblem } from './cluster.ts';
import { isDnsLabel, isHostName, isPort } from './host-name.ts';
import { nearest } from './nearest.ts';
import { decodeValue } from './tag-codec.ts';

/** What a source's tags (AWS tags, GCP labels, Vault custom metadata) say of a cluster. */
export interface TagFields {
  readonly reach: Reach;
  readonly name?: string;
  readonly environment?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly serverName?: string;
  readonly owner?: string;
  readonly description?: string;
  readonly docs?: string;
}

export const tagPrefix = 'k8s-tunnels-';

const fieldNames = [
  'hostname',
  'origin',
  'destination',
  'name',
  'environment',
  'group',
  'namespace',
  'connector',
  'server-name',
  'owner',
  'description',
  'docs',
] as const;
type FieldName = (typeof fieldNames)[number];

/** What is wrong with a value and what to do instead. */
interface Complaint {
  readonly message: string;
  readonly hint: string;
}
type Check = { readonly value: string } | Complaint;

/**
 * Reads the tags whose keys begin with `k8s-tunnels-`, in any case; all others are somebody else's. Never throws:
 * what cannot be accepted is a problem, and where it concerns the way to the cluster, the reason that there is none.
 */
export function readTags(tags: Readonly<Record<string, string>>): {
  readonly fields: TagFields;
  readonly problems: readonly TagProblem[];
} {
  const { values, problems } = collect(tags);
  const checked = new Map<FieldName, string>();
  const refused = new Map<FieldName, TagProblem>();
  for (const [field, { key, value }] of values) {
    const result = check(field, value);
    if ('value' in result) {
      checked.set(field, result.value);
    } else {
      const problem = { key, ...result };
      problems.push(problem);
      refused.set(field, problem);
    }
  }
  const text = <Key extends keyof TagFields>(key: Key, field: FieldName) =>
    checked.has(field) ? { [key]: checked.get(field) } : {};
  return {
    fields: {
      reach: reachFrom(checked, refused),
      ...text('name', 'name'),
      ...text('environment', 'environment'),
      ...text('group', 'group'),
      ...text('namespace', 'namespace'),
      ...text('serverName', 'server-name'),
      ...text('owner', 'owner'),
      ...text('description', 'description'),
      ...text('docs', 'docs'),
    },
    problems,
  };
}

/** Joins `<key>`, `<key>-2`, `<key>-3`, … and decodes; sorts out the keys that mean nothing. */
function collect(tags: Readonly<Record<string, string>>) {
  const problems: TagProblem[] = [];
  const parts = new Map<FieldName, Map<number, { readonly key: string; readonly value: string }>>();
  // Where one key stands in two spellings, the lower-case one comes first and counts.
  const keys = Object.keys(tags).sort((a, b) => (a < b ? 1 : -1));
  for (const key of keys) {
    const lower = key.toLowerCase();
    if (!lower.startsWith(tagPrefix)) continue;
    const [, name = '', ordinal] = /^(.*?)(?:-([2-9]|[1-9]\d))?$/.exec(lower.slice(tagPrefix.length)) ?? [];
    const field = fieldNames.find((candidate) => candidate === name);
    if (field === undefined) {
      const [guess] = nearest(name, fieldNames, 1);
      problems.push({
        key,
        message: `${key} is not a tag that k8s-tunnels knows.`,
        hint: `Did you mean ${tagPrefix}${guess}?`,
      });
      continue;
    }
    const index = ordinal === undefined ? 1 : Number(ordinal);
    const known = parts.get(field) ?? new Map<number, { readonly key: string; readonly value: string }>();
    parts.set(field, known);
    const other = known.get(index);
    if (other === undefined) {
      known.set(index, { key, value: tags[key] ?? '' });
    } else {
      problems.push({
        key,
        message: `${key} and ${other.key} are one tag in two spellings; ${other.key} counts.`,
        hint: `Remove ${key}.`,
      });
    }
  }
  const values = new Map<FieldName, { readonly key: string; readonly value: string }>();
  for (const [field, known] of parts) {
    const joined: string[] = [];
    for (let index = 1; known.has(index); index += 1) joined.push(known.get(index)?.value ?? '');
    const key = known.get(1)?.key ?? `${tagPrefix}${field}`;
    if (joined.length > 0) values.set(field, { key, value: decodeValue(joined.join('')).trim() });
    for (const [index, part] of known) {
      if (index <= joined.length) continue;
      const missing = joined.length === 0 ? key : `${key}-${joined.length + 1}`;
      problems.push({
        key: part.key,
        message: `${part.key} continues a value, but ${missing} is missing.`,
        hint: `Add ${missing}, or remove ${part.key}.`,
      });
    }
  }
  return { values, problems };
}

function reachFrom(
  checked: ReadonlyMap<FieldName, string>,
  refused: ReadonlyMap<FieldName, TagProblem>,
): Reach {
  for (const field of ['hostname', 'origin', 'destination'] as const) {
    const problem = refused.get(field);
    if (problem !== undefined) return { kind: 'none', reason: `${problem.message} ${problem.hint}` };
  }
  const hostname = checked.get('hostname');
  if (hostname === undefined) {
    return {
      kind: 'none',
      reason: `It has no tag ${tagPrefix}hostname. Set it to the host name of the cluster's Access application.`,
    };
  }
  const destination = checked.get('destination');
  return {
    kind: 'tunnel',
    hostname,
    origin: checked.get('origin') === 'tcp' ? 'tcp' : 'socks',
    ...(destination === undefined ? {} : { destination }),
  };
}

/** Longer than any source allows in one tag, short enough for a line of a list. */
const longest = 1024;

function check(field: FieldName, value: string): Check {
  const key = `${tagPrefix}${field}`;
  if (value === '') return { message: `${key} is empty.`, hint: 'Give it a value, or remove it.' };
  if (value.length > longest || /[\p{C}\p{Zl}\p{Zp}]/u.test(value)) {
    return {
      message: `${key} holds control characters or is longer than ${longest} characters.`,
      hint: 'Use one line of printable text.',
    };
  }
  switch (field) {
    case 'hostname':
      return checkHostname(key, value.toLowerCase());
    case 'server-name':
      return isHostName(value.toLowerCase())
        ? { value: value.toLowerCase() }
        : {
            message: `${key} is "${value}", which is not a host name.`,
            hint: "Set it to a name that stands in the API server's certificate.",
          };
    case 'origin':
      return checkOrigin(key, value.toLowerCase());
    case 'destination':
      return checkDestination(key, value.toLowerCase());
    case 'connector':
      return checkConnector(key, value.toLowerCase());
    case 'namespace':
      return isDnsLabel(value)
        ? { value }
        : {
            message: `${key} is "${value}", which is not a namespace's name.`,
            hint: 'Use up to 63 of a-z, 0-9 and -.',
          };
    case 'docs':
      return checkDocs(key, value);
    default:
      return { value };
  }
}

function checkHostname(key: string, value: string): Check {
  const [, host = '', port] = /^([^:]*)(?::(.*))?$/.exec(value) ?? [];
  if (!isHostName(host) || (port !== undefined && !isPort(port))) {
    return {
      message: `${key} is "${value}", which is not a host name.`,
      hint: "Set it to the host name of the cluster's Access application, for example k8s-prod.example.com, with no https:// and no path.",
    };
  }
  return { value: port === undefined || port === '443' ? host : `${host}:${port}` };
}

function checkOrigin(key: string, value: string): Check {
  if (value === 'socks' || value === 'tcp') return { value };
  if (value === 'https') {
    return {
      message: `${key} is "https", which this version of k8s-tunnels does not support yet.`,
      hint: 'Publish the API server as a TCP application and set it to socks or tcp.',
    };
  }
  return { message: `${key} is "${value}".`, hint: 'Set it to socks or tcp, or remove it (socks).' };
}

function checkConnector(key: string, value: string): Check {
  if (value === 'auto' || value === 'builtin') return { value };
  if (value === 'cloudflared' || value === 'direct') {
    return {
      message: `${key} is "${value}", which this version of k8s-tunnels does not support yet; builtin is used.`,
      hint: 'Remove it, or wait for a version that supports it.',
    };
  }
  return { message: `${key} is "${value}".`, hint: 'Set it to auto or builtin, or remove it.' };
}

function checkDestination(key: string, value: string): Check {
  const [, bracketed, plain = '', port = ''] = /^(?:\[(.*)\]|([^:]*)):(.*)$/.exec(value) ?? [];
  const host = bracketed === undefined ? isHostName(plain) || isIPv4(plain) : isIPv6(bracketed);
  if (host && isPort(port)) return { value };
  return {
    message: `${key} is "${value}", which is not host:port.`,
    hint: 'Set it to the address of the API server as the tunnel sees it, for example kubernetes.default.svc:443.',
  };
}

function checkDocs(key: string, value: string): Check {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === ''
  ) {
    return { value };
  }
  return {
    message: `${key} is not the address of a web page.`,
    hint: 'Set it to one that begins with https://.',
  };
}
