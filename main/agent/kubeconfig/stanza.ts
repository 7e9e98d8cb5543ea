import type { ListName } from './document.ts';
import type { Json } from './yaml/value.ts';

/** A user whose credential a program gives. */
interface ExecUser {
  readonly kind: 'exec';
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly interactiveMode: 'Never' | 'IfAvailable';
  readonly installHint?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes kubectl pass the API server to the plugin. */
  readonly provideClusterInfo?: true;
}

/** A kubeconfig entry: one cluster, one user and the context that joins them. */
export interface KubeconfigEntry {
  /** The cluster's id, which marks all three stanzas as ours. */
  readonly id: string;
  /** The wanted name of all three. A part of the id's hash is added if another stanza has that name. */
  readonly name: string;
  readonly cluster: {
    readonly server: string;
    /** PEM in base64. */
    readonly certificateAuthorityData?: string;
    readonly tlsServerName?: string;
    readonly proxyUrl?: string;
  };
  readonly user: ExecUser | { readonly kind: 'token'; readonly token: string };
  /** A namespace that the user set on our context stays. */
  readonly namespace?: string;
}

/** A JSON value in a stanza. */
export type Plain = Json;

/** One stanza of ours: a whole list item, with the id in its extension. */
export interface OurStanza {
  readonly list: ListName;
  readonly id: string;
  readonly item: { readonly name: string; readonly [key: string]: Plain };
}

/**
 * kubectl keeps extensions on all three kinds of stanza when it rewrites a file. It drops comments and unknown keys.
 */
export const extensionName = 'k8s-tunnels';

/** The mark that makes a stanza ours. */
export interface Mark {
  readonly id: string;
  /** The agent that wrote it. Undefined in an entry of an earlier version, which belongs to who finds it. */
  readonly owner: string | undefined;
  /** In a context: the namespace that we wrote. Another one in the context is the user's choice. */
  readonly namespace: string | undefined;
}

/** The names in an entry. They are equal unless the user renamed the context or gave it another user. */
export interface EntryNames {
  readonly cluster: string;
  readonly context: string;
  /** The user that the context refers to. */
  readonly contextUser: string;
  readonly namespace: string | undefined;
}

/** Builds the three stanzas of an entry. `others` returns the extensions of other programs to keep. */
export function entryStanzas(
  entry: KubeconfigEntry,
  owner: string,
  names: EntryNames,
  others: (list: ListName) => readonly Plain[],
): readonly OurStanza[] {
  const { id, cluster, user } = entry;
  const mark = (list: ListName, more: { readonly [key: string]: Plain } = {}) => [
    ...others(list),
    { extension: { id, ...more, owner }, name: extensionName },
  ];
  return [
    {
      list: 'clusters',
      id,
      item: {
        cluster: {
          ...optional('certificate-authority-data', cluster.certificateAuthorityData),
          extensions: mark('clusters'),
          ...optional('proxy-url', cluster.proxyUrl),
          server: cluster.server,
          ...optional('tls-server-name', cluster.tlsServerName),
        },
        name: names.cluster,
      },
    },
    {
      list: 'contexts',
      id,
      item: {
        context: {
          cluster: names.cluster,
          extensions: mark('contexts', optional('namespace', entry.namespace)),
          ...optional('namespace', names.namespace),
          user: names.contextUser,
        },
        name: names.context,
      },
    },
    {
      list: 'users',
      id,
      item: {
        name: names.cluster,
        user:
          user.kind === 'token'
            ? { extensions: mark('users'), token: user.token }
            : { exec: execOf(user), extensions: mark('users') },
      },
    },
  ];
}

function execOf(user: ExecUser): Plain {
  return {
    apiVersion: user.apiVersion,
    args: user.args,
    command: user.command,
    ...(user.env === undefined
      ? {}
      : { env: Object.entries(user.env).map(([key, value]) => ({ name: key, value })) }),
    ...optional('installHint', user.installHint),
    interactiveMode: user.interactiveMode,
    ...(user.provideClusterInfo === undefined ? {} : { provideClusterInfo: true }),
  };
}

function optional(key: string, value: string | undefined): { readonly [key: string]: string } {
  return value === undefined ? {} : { [key]: value };
}

/** Returns the mark in a list item, or undefined if it has none. */
export function markOf(list: ListName, item: unknown): Mark | undefined {
  const ours = extensionsOf(list, item).find((extension) => field(extension, 'name') === extensionName);
  const extension = field(ours, 'extension');
  const text = (key: string) => {
    const value = field(extension, key);
    return typeof value === 'string' ? value : undefined;
  };
  const id = text('id');
  return id === undefined ? undefined : { id, owner: text('owner'), namespace: text('namespace') };
}

/** Returns the extensions of a list item. */
export function extensionsOf(list: ListName, item: unknown): readonly Plain[] {
  const extensions = field(bodyOf(list, item), 'extensions');
  return Array.isArray(extensions) ? extensions : [];
}

/** Returns what is below the name of a list item: its `cluster`, `context` or `user`. */
export function bodyOf(list: ListName, item: unknown): unknown {
  return field(item, list.slice(0, -1));
}

export function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/**
 * Formats a double-quoted scalar that JSON, YAML 1.1 and YAML 1.2 read alike: plain `yes`, `017` or `1e3` would be
 * typed, and YAML treats U+0085, U+2028 and U+2029 as line breaks.
 */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Formats a value in flow form, on one line. It is valid JSON too. */
export function flowText(value: Plain): string {
  if (typeof value === 'string') return quoted(value);
  if (isList(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${quoted(key)}: ${flowText(inner)}`);
    return `{${pairs.join(', ')}}`;
  }
  return String(value);
}

/** Formats list items in block form: the dash in column `column`, every line terminated by `eol`. */
export function blockItems(items: readonly Plain[], column: number, eol: string): string {
  const pad = ' '.repeat(column);
  return items
    .map((item) => {
      if (typeof item !== 'object' || item === null || isEmpty(item))
        return `${pad}- ${flowText(item)}${eol}`;
      const text = blockText(item, column + 2, eol);
      return `${pad}- ${text.slice(column + 2)}`;
    })
    .join('');
}

function blockText(value: Plain, column: number, eol: string): string {
  if (isList(value)) return blockItems(value, column, eol);
  const pad = ' '.repeat(column);
  return Object.entries(value as { readonly [key: string]: Plain })
    .map(([key, inner]) => {
      const name =
        /^[a-z][A-Za-z-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key)
          ? key
          : quoted(key);
      if (typeof inner !== 'object' || inner === null || isEmpty(inner)) {
        return `${pad}${name}: ${flowText(inner)}${eol}`;
      }
      return `${pad}${name}:${eol}${blockText(inner, isList(inner) ? column : column + 2, eol)}`;
    })
    .join('');
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
