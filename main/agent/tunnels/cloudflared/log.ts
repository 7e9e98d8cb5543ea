/** The meaning of a line in cloudflared's log. */
export type LogEvent =
  /** It is about to listen. */
  | { readonly kind: 'listening'; readonly host: string }
  /** A connection could not be forwarded. The log does not say which one. */
  | { readonly kind: 'dial-failed'; readonly error: string }
  /** It waits for the user to log in at an address that it printed. */
  | { readonly kind: 'login-wanted' }
  | { readonly kind: 'error'; readonly message: string };

const longest = 4_096;

/**
 * Splits a program's output into lines. Drops the rest of a line that is longer than the limit: garbage without a line
 * end would fill the memory.
 */
export function lineReader(onLine: (line: string) => void): (text: string) => void {
  let line = '';
  return (text) => {
    for (const [at, part] of text.split('\n').entries()) {
      if (at > 0) {
        onLine(line);
        line = '';
      }
      line += part.slice(0, longest - line.length);
    }
  };
}

/**
 * Parses a line of stderr of `cloudflared access tcp` (`cmd/cloudflared/access/carrier.go`, `carrier/websocket.go`):
 * JSON if the version supports `TUNNEL_LOG_OUTPUT=json`, else zerolog's console form, `TIME LEVEL words field=value`.
 * Returns undefined if the line is irrelevant.
 */
export function readLogLine(whole: string): LogEvent | undefined {
  // The line repeats what the edge answered, so its length has no limit.
  const line = whole.slice(0, longest);
  // It is printed, not logged, so it has no fields.
  if (/^https:\/\/\S+\/cdn-cgi\/access\/cli\?/.test(line.trim())) return { kind: 'login-wanted' };
  const { level, host, originURL, error, message } = parseJson(line) ?? parseConsole(line);
  if (level === 'error' || level === 'fatal')
    return originURL === undefined
      ? { kind: 'error', message: [message, error].filter(Boolean).join(': ') }
      : { kind: 'dial-failed', error: error ?? '' };
  return level === 'info' && host !== undefined ? { kind: 'listening', host } : undefined;
}

type Fields = Readonly<Partial<Record<string, string>>>;

function parseJson(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, String(field)]));
  } catch {
    return undefined;
  }
}

const levels: Readonly<Record<string, string>> = { INF: 'info', WRN: 'warn', ERR: 'error', FTL: 'fatal' };

function parseConsole(line: string): Fields {
  const [, short = '', rest = ''] = /^\S+ (INF|WRN|ERR|FTL) (.*)$/.exec(line) ?? [];
  const fields = [...rest.matchAll(/(?:^| )(\w+)=("(?:[^"\\]|\\.){0,2000}"|\S+)/g)].map(
    ([, name = '', value = '']) => [name, value.replace(/^"|"$/g, '')] as const,
  );
  const level = levels[short];
  return {
    ...Object.fromEntries(fields),
    ...(level === undefined ? {} : { level }),
    message: rest.replace(/ \w+=.*$/, ''),
  };
}
