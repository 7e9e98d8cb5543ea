import type { Node } from './yaml/node.ts';
import { isBase64 } from './yaml/scalar.ts';
import { type Json, keyOf } from './yaml/value.ts';

/** A type of client-go's kubeconfig (clientcmd/api/v1/types.go). `null` fits each of them. */
type Type =
  | 'text'
  | 'boolean'
  | 'base64'
  | 'anything'
  | { readonly listOf: Type; readonly named?: boolean }
  | { readonly mapOf: Type }
  | { readonly fields: Readonly<Record<string, Type>> };

const extensions: Type = { listOf: { fields: { name: 'text', extension: 'anything' } } };

const cluster: Type = {
  fields: {
    server: 'text',
    'tls-server-name': 'text',
    'insecure-skip-tls-verify': 'boolean',
    'certificate-authority': 'text',
    'certificate-authority-data': 'base64',
    'proxy-url': 'text',
    'disable-compression': 'boolean',
    extensions,
  },
};

const context: Type = { fields: { cluster: 'text', user: 'text', namespace: 'text', extensions } };

const user: Type = {
  fields: {
    'client-certificate': 'text',
    'client-certificate-data': 'base64',
    'client-key': 'text',
    'client-key-data': 'base64',
    token: 'text',
    tokenFile: 'text',
    as: 'text',
    'as-uid': 'text',
    'as-groups': { listOf: 'text' },
    'as-user-extra': { mapOf: { listOf: 'text' } },
    username: 'text',
    password: 'text',
    'auth-provider': { fields: { name: 'text', config: { mapOf: 'text' } } },
    exec: {
      fields: {
        command: 'text',
        args: { listOf: 'text' },
        env: { listOf: { fields: { name: 'text', value: 'text' } } },
        apiVersion: 'text',
        installHint: 'text',
        provideClusterInfo: 'boolean',
        interactiveMode: 'text',
      },
    },
    extensions,
  },
};

const config: Type = {
  fields: {
    kind: 'text',
    apiVersion: 'text',
    preferences: { fields: { colors: 'boolean', extensions } },
    clusters: { listOf: { fields: { name: 'text', cluster } }, named: true },
    contexts: { listOf: { fields: { name: 'text', context } }, named: true },
    users: { listOf: { fields: { name: 'text', user } }, named: true },
    'current-context': 'text',
    extensions,
  },
};

/** A position in a file that kubectl refuses, and why. The reason quotes names, and no value. */
export interface TypeFault {
  readonly at: number;
  readonly reason: string;
  readonly hint?: string;
}

/** Returns the first thing in a kubeconfig that kubectl refuses to read: it then refuses all commands. */
export function typeFault(root: Node, value: Json): TypeFault | undefined {
  return check(config, { node: root, value, what: 'the top level' }) ?? kindFault(root, value);
}

interface CheckedValue {
  /** The node of the value, or the nearest one that is known. */
  readonly node: Node;
  readonly value: Json;
  /** Names the value for users. */
  readonly what: string;
}

function check(type: Type, checked: CheckedValue): TypeFault | undefined {
  const { value } = checked;
  if (value === null || type === 'anything') return undefined;
  if (type === 'text' || type === 'base64') {
    if (type === 'base64' && Array.isArray(value)) return undefined;
    if (typeof value !== 'string') return wrong(checked, 'text');
    return type === 'text' || isBase64(value) ? undefined : wrong(checked, 'base64');
  }
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : wrong(checked, 'true or false');
  if ('listOf' in type) return checkList(type, checked);
  if (!isMap(value)) return wrong(checked, 'a mapping');
  for (const [key, inner] of Object.entries(value)) {
    const innerType =
      'mapOf' in type ? type.mapOf : Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    if (innerType === undefined) continue;
    const what = checked.what === 'the top level' ? `"${key}"` : `"${key}" of ${checked.what}`;
    const fault = check(innerType, { node: childOf(checked.node, key), value: inner, what });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkList(
  { listOf, named = false }: { readonly listOf: Type; readonly named?: boolean },
  checked: CheckedValue,
): TypeFault | undefined {
  const { node, value, what } = checked;
  if (!isList(value)) return wrong(checked, 'a list');
  const target = node.kind === 'alias' ? node.target : node;
  const names = new Set<string>();
  for (const [index, item] of value.entries()) {
    const itemNode = target.kind === 'seq' ? (target.items[index]?.node ?? node) : node;
    const name = named && isMap(item) && typeof item.name === 'string' ? item.name : undefined;
    const itemWhat =
      name === undefined || name === '' ? `item ${index + 1} of ${what}` : `"${name}" in ${what}`;
    const fault = check(listOf, { node: itemNode, value: item, what: itemWhat });
    if (fault !== undefined) return fault;
    if (!named) continue;
    if (names.has(name ?? '')) return twice(itemNode, name ?? '', what);
    names.add(name ?? '');
  }
  return undefined;
}

function twice(node: Node, name: string, what: string): TypeFault {
  const reason =
    name === '' ? `two items of ${what} have no name` : `the name "${name}" occurs twice in ${what}`;
  return {
    at: node.from,
    reason,
    hint: 'Remove or rename one of the two: kubectl cannot read the file as it is.',
  };
}

function wrong({ node, value, what }: CheckedValue, wanted: string): TypeFault {
  const is = Array.isArray(value) ? 'a list' : isMap(value) ? 'a mapping' : named(value);
  const quote = wanted === 'text' && typeof value !== 'object' ? ' Put it in quotes.' : '';
  return {
    at: node.from,
    reason: `${what} is ${is}, where kubectl needs ${wanted}`,
    hint: `kubectl cannot read the file as it is.${quote}`,
  };
}

function named(value: Json): string {
  if (typeof value === 'number') return 'a number';
  return typeof value === 'boolean' ? 'true or false' : 'text';
}

/** kubectl reads the kind and the version of a file without regard to case. */
function kindFault(root: Node, value: Json): TypeFault | undefined {
  if (!isMap(value)) return undefined;
  const last = (wanted: string) =>
    Object.keys(value)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .filter((key) => key.toLowerCase() === wanted && value[key] !== null)
      .at(-1);
  for (const [wanted, known] of [
    ['kind', ['Config', '']],
    ['apiversion', ['v1', '', '/v1', '/']],
  ] as const) {
    const key = last(wanted);
    const found = key === undefined ? undefined : value[key];
    if (key === undefined || (typeof found === 'string' && known.some((one) => one === found))) continue;
    return {
      at: childOf(root, key).from,
      reason: `"${key}" is not ${known[0]}`,
      hint: 'kubectl reads only files with "apiVersion: v1" and "kind: Config".',
    };
  }
  return undefined;
}

/** Returns the node of a key's value, or the node itself if it only gets the key from a merge. */
function childOf(node: Node, key: string): Node {
  const target = node.kind === 'alias' ? node.target : node;
  if (target.kind !== 'map') return node;
  const pair = target.pairs.findLast((one) => one.key.kind === 'scalar' && keyText(one.key) === key);
  if (pair === undefined) return node;
  return pair.value.end > pair.value.from ? pair.value : pair.key;
}

function keyText(node: Node): string | undefined {
  try {
    return keyOf(node);
  } catch {
    return undefined;
  }
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
