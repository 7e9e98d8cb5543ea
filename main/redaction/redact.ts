/**
 * Removes secrets from everything that leaves the process: log lines, errors, notices, notifications and crash reports.
 * A secret is recognised by its own form, or by the name before it.
 */

const mark = '[redacted]';
const cut = ' [cut]';

/**
 * Matches a name whose value is secret, unless its end says that it only describes one (`token_uri`, `tokenExpiresAt`).
 */
const name =
  '[\\w.-]{0,64}(?:token|secret|passw(?:or)?d|passphrase|authorization|cookie|session-?key|private[-_]?key|client-key|assertion|signature|credential|api[-_]?key|code[-_]?verifier|device[-_]?code)s?[\\w.-]{0,64}';
const describesOne =
  /(?:ur[il]|types?|endpoints?|files?|paths?|names?|stores?|expir\w{0,40}|[_-](?:at|in)|At|In|seconds|status|length)$/;
/** Returns true if the value of a field with this name is a secret. */
export const isSecretName = (text: string): boolean => whole.test(text) && !describesOne.test(text);
const whole = new RegExp(`^${name}$`, 'i');

/**
 * Each pattern takes time in proportion to the text, whatever the text is: a repetition that can begin at many
 * positions of one run has an upper limit, and two repetitions of the same letters are never adjacent.
 */

/** Matches upper- and lower-case letters and digits together, as random text has and words do not. */
const random = '(?=[\\w+/=~.-]{0,96}[a-z])(?=[\\w+/=~.-]{0,96}[A-Z])(?=[\\w+/=~.-]{0,96}\\d)';
/** Backslashes before a quote within a string within a string: each level doubles them. */
const slashes = '\\\\{0,31}';

/** The start of a word, also in an address or a string that encodes the character before it. */
const start = '(?:(?<![\\w.-])|(?<=%[\\dA-Fa-f]{2}|\\\\[nrt]))';
/** Forms that are secret wherever they occur. */
const forms = [
  '-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|$)',
  // PEM in base64, as a kubeconfig holds it.
  'LS0tLS1CRUdJTi[\\w+/=-]{16,}',
  // JSON Web Tokens, encrypted ones too.
  `${start}eyJ[\\w-]{6,}\\.[\\w-]{2,}(?:\\.[\\w-]*){1,3}`,
  // A token for EKS is a presigned URL.
  'k8s-aws-v1\\.[\\w-]+',
  // Vault, by its version.
  `${start}hv[sbr]\\.[\\w-]{20,}`,
  `${start}[sbr]\\.${random}[A-Za-z0-9]{24}(?![\\w-])`,
  // Google: access tokens, refresh tokens and codes, client secrets.
  `${start}ya29\\.[\\w.-]{10,}`,
  `${start}(?<!/)(?:1//|4/)[\\w-]{24,}`,
  `${start}GOCSPX-[\\w-]{20,}`,
  // GitHub, GitLab, Slack.
  `${start}(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-)[\\w-]{16,}`,
  // IAM Identity Center, then the session of a role.
  `${start}ao[ar]${random}[\\w+/=:-]{40,}`,
  `${start}(?:IQoJ|FwoG)[\\w+/=]{40,}`,
  // Entra's codes and refresh tokens.
  `${start}[01]\\.${random}[\\w-]{40,}[\\w.-]*`,
];
const anyForm = new RegExp(forms.join('|'), 'g');

/** `https://user:password@host`: everything before the last `@` of the authority. */
const userInfo = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/:?#"'<>`]*:[^\s/?#"'<>`]+@/gi;
const scheme = /\b([Bb]earer|BEARER|[Bb]asic|BASIC)(\s+|%20|\+)(?=[\w.~+/=-]{0,96}[A-Z0-9])[\w.~+/=-]{16,}/g;
/** The one-time URL of the window in a browser. */
const oneTime = /(\/open\/)[\w-]{40,}/g;
/** Matches a header's whole line: it contains several cookies. */
const cookies = new RegExp(
  `\\b((?:set-)?cookie${slashes}["']?\\s*[:,=]\\s*(?:\\[\\s*)?${slashes}["']?)(?=[^\\s;="']{1,80}=)[^"'\\r\\n\\\\]+`,
  'gi',
);
const authorization = new RegExp(
  `\\b((?:proxy-)?authorization${slashes}["']?\\s*[:,=]\\s*(?:\\[\\s*)?${slashes}["']?)(?:[A-Za-z0-9-]{3,20} [^\\s"'\\\\,]{8,}|[^\\s"'\\\\,]{16,})`,
  'gi',
);
/** JSON or an inspected object, also inside a string of JSON. */
const quoted = new RegExp(
  `(?<![\\w.-])(${name})(${slashes}["']?\\s*[:=]\\s*(?:\\[\\s*)?)(${slashes}["'])(?:(?!\\3)(?:\\\\[\\s\\S]|[\\s\\S]))+(?:\\3|$)`,
  'gi',
);
/** A form, a query or a shell assignment. Ignores a value that begins like a variable or a placeholder. */
const assigned = new RegExp(
  `(?<![\\w.-])(${name}|sig|code(?=[^\\s&]{20}))(=|%3D)(?![\\s$<{[(…"'\\\\])[^\\s&;,"'\`<>\\\\)\\]}]+`,
  'gi',
);
/** The code of a sign-in is long and random. That of an error is a word. */
const code = new RegExp(`(${slashes}["']code${slashes}["']\\s*:\\s*${slashes}["'])([\\w+/=~.-]{20,})`, 'g');
/** YAML. Ignores a word of a sentence, which does not have such letters. */
const yaml = new RegExp(`(?<![\\w.-])(${name})(:\\s+)([\\w+/=~.-]{20,})`, 'gi');
const isRandom = new RegExp(`^${random}`);

/** The longest line of a log, in characters. */
const longestText = 2 ** 20;

/**
 * Returns the text without its secrets. Text without secrets comes back unchanged, except that text longer than
 * `longest` is cut. Calling it again changes nothing.
 */
export function redact(text: string, longest = longestText): string {
  if (text.length > longest) return redact(`${text.slice(0, longest - cut.length)}${cut}`, longest);
  return text
    .replace(cookies, `$1${mark}`)
    .replace(authorization, `$1${mark}`)
    .replace(quoted, (found, key: string, between: string, quote: string) =>
      describesOne.test(key) ? found : `${key}${between}${quote}${mark}${found.endsWith(quote) ? quote : ''}`,
    )
    .replace(userInfo, `$1${mark}@`)
    .replace(assigned, (found, key: string, sign: string) =>
      describesOne.test(key) ? found : `${key}${sign}${mark}`,
    )
    .replace(yaml, (found, key: string, between: string, said: string) =>
      describesOne.test(key) || !isRandom.test(said) ? found : `${key}${between}${mark}`,
    )
    .replace(code, (found, before: string, said: string) =>
      isRandom.test(said) ? `${before}${mark}` : found,
    )
    .replace(scheme, `$1$2${mark}`)
    .replace(oneTime, `$1${mark}`)
    .replace(anyForm, mark);
}

/** Redacts all the strings of a value at any depth. An error becomes its stack. */
export function redacted(value: unknown): unknown {
  return redactedUnder(value, false);
}

/** `isSecret` says that the name of the value, or of the list it is in, is that of a secret. */
function redactedUnder(value: unknown, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret ? mark : redact(value);
  if (value instanceof Error) return redact(value.stack ?? String(value));
  if (Array.isArray(value)) return value.map((one) => redactedUnder(one, isSecret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, redactedUnder(one, isSecretName(key))]),
  );
}
