import { plainLines, plainText } from '../model/plain-text.ts';
import { isSecretName, redact } from '../redaction/redact.ts';

const mark = '[redacted]';
/** The longest string that is shown. Images, commands and messages are shorter. */
const longestText = 2_000;
/** What is searched for secrets before a string is cut, so that no half of one is left. */
const longestSearched = 64 * 1024;
const longestKey = 253;

/** Names that end so say where a secret is, or what it is called: `secretName`, `TOKEN_FILE`. */
const describes =
  /(?:ur[il]|types?|endpoints?|files?|paths?|names?|refs?|stores?|expir\w{0,20}|seconds|status|length|policy|mode)$/i;
/** Words in the name of a variable whose value may be a secret: people give these to passwords of any form. */
const secretWords: ReadonlySet<string> = new Set([
  ...['pass', 'passwd', 'password', 'passphrase', 'pwd', 'pin', 'salt', 'cookie', 'private', 'cert'],
  ...['secret', 'secrets', 'token', 'tokens', 'key', 'keys', 'apikey', 'cred', 'creds', 'auth', 'dsn'],
  ...['credential', 'credentials', 'signature', 'license'],
]);
/** The annotation in which `kubectl apply` stores the whole object, and those of other tools that do. */
const storedObject = /(?:last-applied-configuration|last-applied|original-object)$/;
/** A line that assigns a value to a name: YAML, properties, a shell. */
const assignment = /^([ \t]{0,200}(?:-[ \t]{1,8})?["']?)([\w.-]{1,128})(["']?[ \t]{0,8}[:=][ \t]{0,8})\S/;
const secretFlag = /^--?([\w.-]{1,128})$/;

/** Returns true if the value of a field with this name is a secret. */
function hidesValue(name: string): boolean {
  return !describes.test(name) && isSecretName(name);
}

/** Returns true if the value of an environment variable with this name may be a secret. */
export function isSecretVariable(name: string): boolean {
  if (describes.test(name)) return false;
  const words = name.split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])/);
  return isSecretName(name) || words.some((word) => secretWords.has(word.toLowerCase()));
}

/**
 * Returns text of a cluster as a model may see it: without secrets, terminal sequences and characters that cannot be seen,
 * and of bounded length. Lines stay.
 */
export function cleanText(text: string, longest = longestText, searched = longestSearched): string {
  const bounded = text.length > searched ? text.slice(0, searched) : text;
  const plain = plainLines(redact(bounded));
  // Characters that cannot be seen may have hidden a secret's form.
  const shown = redact(plain).split('\n').map(withoutAssigned).join('\n').toWellFormed();
  if (shown.length <= longest && bounded === text) return shown;
  const left = Math.max(text.length, shown.length) - longest;
  return `${shown.slice(0, longest).toWellFormed()}… [cut: ${left} more characters]`;
}

function withoutAssigned(line: string): string {
  const [start, before = '', name = '', between = ''] = assignment.exec(line) ?? [];
  return start !== undefined && hidesValue(name) ? `${before}${name}${between}${mark}` : line;
}

/** Returns one line of a cluster's text: for names, and for the fields of a table. */
export function cleanLine(text: string, longest = 300): string {
  return plainText(cleanText(text, longest).replaceAll('\n', ' '));
}

/**
 * Returns an object of a cluster without what a model must not see: data of Secrets, values of variables and fields that are
 * named as secrets are, and stored copies of the whole object. Every string is as `cleanText` returns it.
 */
export function cleanObject(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return cleanList(value);
  if (typeof value !== 'object' || value === null) return value;
  const given = value as Readonly<Record<string, unknown>>;
  const isSecret = given.kind === 'Secret';
  const isVariable = typeof given.name === 'string' && isSecretVariable(given.name);
  const fields: [string, unknown][] = [];
  for (const [key, one] of Object.entries(given)) {
    if (key === 'managedFields' || storedObject.test(key)) continue;
    if (isSecret && (key === 'data' || key === 'stringData')) continue;
    const isHidden = hidesValue(key) || (isVariable && key === 'value');
    fields.push([
      cleanLine(key, longestKey),
      key === 'binaryData' ? sizesOf(one) : isHidden ? hidden(one) : cleanObject(one),
    ]);
  }
  return Object.fromEntries(fields);
}

/** Removes the value that follows a flag such as `--password`. */
function cleanList(list: readonly unknown[]): readonly unknown[] {
  return list.map((one, at) => {
    const before = list[at - 1];
    const [, flag] = typeof before === 'string' ? (secretFlag.exec(before) ?? []) : [];
    const isValue = typeof one === 'string' && !one.startsWith('-');
    return flag !== undefined && isValue && isSecretVariable(flag) ? mark : cleanObject(one);
  });
}

/** A field that is named as a secret is. What it refers to, as `secretKeyRef` does, stays. */
function hidden(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return mark;
  if (Array.isArray(value)) return value.map(hidden);
  return cleanObject(value);
}

function sizesOf(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return mark;
  return Object.fromEntries(
    Object.entries(data).map(([key, one]) => [
      cleanLine(key, longestKey),
      `[${String(one).length} characters of base64]`,
    ]),
  );
}
