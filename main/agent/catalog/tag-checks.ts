import { isIPv4, isIPv6 } from 'node:net';
import { entryForms, execApiVersions } from '../../model/entry-form.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { isDnsLabel, isHostName, isPort } from './host-name.ts';

export const tagFields = [
  'hostname',
  'origin',
  'destination',
  'name',
  'environment',
  'group',
  'groups',
  'namespace',
  'connector',
  'entry',
  'exec',
  'server-name',
  'endpoint',
  'role',
  'owner',
  'description',
  'docs',
] as const;
export type TagField = (typeof tagFields)[number];

/** What is wrong with a value, and the fix. */
interface Complaint {
  readonly message: string;
  readonly hint: string;
  /** The value to set; in angle brackets where the user must know it. Absent if the tag is best removed. */
  readonly instead?: string;
}
export type Check = { readonly value: string } | Complaint;

/** More than any source allows in one tag, and short enough for a line of a list. */
const longest = 1024;

/** Returns the normalized value, or why it is rejected. */
export function checkTag(field: TagField, value: string, prefix: string = defaultTagPrefix): Check {
  const key = `${prefix}${field}`;
  const instead = placeholder(field);
  if (value === '')
    return {
      message: `${key} is empty.`,
      hint: 'Give it a value, or remove it.',
      ...(field === 'hostname' ? { instead } : {}),
    };
  if (value.length > longest || /[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(value)) {
    return {
      message: `${key} holds control characters or is longer than ${longest} characters.`,
      hint: 'Use one line of printable text.',
      instead,
    };
  }
  switch (field) {
    case 'hostname':
      return checkHostname(key, value.toLowerCase());
    case 'server-name':
      return isHostName(value.toLowerCase())
        ? { value: value.toLowerCase() }
        : {
            message: `${key} is "${value}", which is not a hostname.`,
            hint: "Set it to a name in the API server's certificate.",
            instead: hostWithin(value) ?? instead,
          };
    case 'origin':
      return checkOrigin(key, value.toLowerCase());
    case 'destination':
      return checkDestination(key, value.toLowerCase());
    case 'endpoint':
      return checkWord(key, value.toLowerCase(), ['private', 'public']);
    case 'connector':
      return checkWord(key, value.toLowerCase(), ['auto', 'builtin', 'cloudflared', 'direct']);
    case 'entry':
      return checkWord(key, value.toLowerCase(), entryForms);
    case 'exec':
      return checkWord(key, value.toLowerCase(), execApiVersions);
    case 'namespace':
      return isDnsLabel(value)
        ? { value }
        : {
            message: `${key} is "${value}", which is not a namespace's name.`,
            hint: 'Use up to 63 of a-z, 0-9 and -.',
            instead: isDnsLabel(value.toLowerCase()) ? value.toLowerCase() : instead,
          };
    case 'docs':
      return checkDocs(key, value);
    case 'groups':
      return checkGroups(key, value);
    default:
      return { value };
  }
}

/** Returns a placeholder for the user to fill in, such as `<HOSTNAME>`. */
export function placeholder(field: TagField): string {
  return `<${field.toUpperCase().replace('-', '_')}>`;
}

/** Returns the hostname if the value is a pasted URL. */
function hostWithin(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' && url.port === '' && isHostName(url.hostname) ? url.hostname : undefined;
}

function checkHostname(key: string, value: string): Check {
  const [, host = '', port] = /^([^:]*)(?::(.*))?$/.exec(value) ?? [];
  if (!isHostName(host) || (port !== undefined && !isPort(port))) {
    return {
      message: `${key} is "${value}", which is not a hostname.`,
      hint: "Set it to the hostname of the cluster's Access application, for example k8s-prod.example.com, with no https:// and no path.",
      instead: hostWithin(value) ?? placeholder('hostname'),
    };
  }
  return { value: port === undefined || port === '443' ? host : `${host}:${port}` };
}

function checkOrigin(key: string, value: string): Check {
  if (['socks', 'tcp', 'https'].includes(value)) return { value };
  return { message: `${key} is "${value}".`, hint: 'Set it to socks, tcp or https, or remove it (socks).' };
}

function checkWord(key: string, value: string, words: readonly string[]): Check {
  if (words.includes(value)) return { value };
  return {
    message: `${key} is "${value}".`,
    hint: `Set it to ${words.slice(0, -1).join(', ')} or ${words.at(-1)}, or remove it.`,
  };
}

function checkDestination(key: string, value: string): Check {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(.*)$/s.exec(value) ?? [];
  const host = bracketed === undefined ? isHostName(plain) || isIPv4(plain) : isIPv6(bracketed);
  if (host && isPort(port)) return { value };
  return {
    message: `${key} is "${value}", which is not host:port.`,
    hint: 'Set it to the address of the API server as the tunnel sees it, for example kubernetes.default.svc:443.',
    instead: placeholder('destination'),
  };
}

function checkGroups(key: string, value: string): Check {
  const groups = groupNames(value);
  const instead = placeholder('groups');
  if (groups.some((one) => one === '' || one === '*'))
    return {
      message: `${key} is "${value}", which has an empty group or *.`,
      hint: 'Separate groups by + or commas, or set it to everyone.',
      instead,
    };
  if (groups.includes('everyone') && groups.length > 1)
    return {
      message: `${key} names everyone and other groups.`,
      hint: 'Set it to everyone, or to the groups alone.',
      instead,
    };
  return { value };
}

/** Returns the names in the value of the tag `groups`, in lower case, because they are compared so. */
export function groupNames(value: string): readonly string[] {
  return value.split(/[+,]/).map((one) => one.trim().toLowerCase());
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
    instead: placeholder('docs'),
  };
}
