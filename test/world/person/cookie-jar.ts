import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Cookies by host, in a file, so that the next window of the browser has them too. */
export interface CookieJar {
  header(host: string): string;
  /** Takes the `Set-Cookie` lines of an answer and writes the file (0600). */
  keep(host: string, lines: readonly string[]): void;
}

export function openCookieJar(file: string): CookieJar {
  let cookies: Record<string, Record<string, string>> = {};
  try {
    cookies = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The first window: no jar yet.
  }
  return {
    header: (host) =>
      Object.entries(cookies[host] ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join('; '),
    keep(host, lines) {
      if (lines.length === 0) return;
      const own = { ...cookies[host] };
      for (const line of lines) {
        const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
        const at = pair.indexOf('=');
        const expires = rest.find((part) => /^expires=/i.test(part))?.slice('expires='.length);
        if (expires !== undefined && Date.parse(expires) <= Date.now()) delete own[pair.slice(0, at)];
        else own[pair.slice(0, at)] = pair.slice(at + 1);
      }
      cookies[host] = own;
      const part = `${file}.${process.pid}`;
      writeFileSync(part, JSON.stringify(cookies), { mode: 0o600 });
      renameSync(part, file);
    },
  };
}
