import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../compile-cache.ts';
import type { Person } from '../plan.ts';
import { residentBrowser } from './resident.ts';

export interface Browser {
  /** The program for `BROWSER`. */
  readonly command: string;
  /** For PATH: holds the same program as `xdg-open`, which is what cloudflared starts. */
  readonly folder: string;
  /** Host and path of every URL opened so far, one for each tab. */
  tabs(): Promise<readonly string[]>;
  /** Forgets the cookies, as a new browser profile. */
  forget(): Promise<void>;
}

/**
 * Writes a browser for one person into a folder (made where missing; what was there before is replaced). It carries its own settings: a client may
 * start it with a bare environment. `WORLD_PERSON=absent` in that environment makes it open nothing.
 */
export async function installBrowser(options: {
  readonly folder: string;
  readonly person: Person;
  /** URL of the proxy. */
  readonly proxy: string;
  /** File of the world's authority, PEM. */
  readonly authorityFile: string;
}): Promise<Browser> {
  const { folder, person, proxy, authorityFile } = options;
  const command = path.join(folder, 'browser');
  const log = path.join(folder, 'tabs.log');
  const jar = path.join(folder, 'cookies.json');
  const settings = {
    ...compileCache,
    HTTPS_PROXY: proxy,
    NODE_EXTRA_CA_CERTS: authorityFile,
    WORLD_PERSON_EMAIL: person.email,
    WORLD_PERSON_PASSWORD: person.password,
    WORLD_PERSON_JAR: jar,
    WORLD_PERSON_LOG: log,
  };
  const curl = findCurl();
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const program = fileURLToPath(new URL('browser.ts', import.meta.url));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const script =
    curl === undefined
      ? [
          '#!/bin/sh',
          'unset NO_PROXY no_proxy https_proxy',
          ...Object.entries(settings).map(([name, value]) => `export ${name}=${quote(value)}`),
          `exec ${quote(process.execPath)} ${quote(program)} "$@"`,
          '',
        ]
      : [
          '#!/bin/sh',
          // The tab opens in this process, which holds the world. Libraries of a test's Chromium are not curl's.
          'unset LD_LIBRARY_PATH',
          `address=${quote(await residentBrowser({ person, proxy, authorityFile, jar, log }))}`,
          `said=$(printf '%s\\n%s' "$WORLD_PERSON" "$1" |`,
          `  ${quote(curl)} -q --silent --show-error --noproxy '*' --fail-with-body --data-binary @- "$address") &&`,
          `  { printf '%s\\n' "$said"; exit 0; }`,
          `printf '%s\\n' "$said" >&2; exit 1`,
          '',
        ];
  await writeFile(command, script.join('\n'), { mode: 0o700 });
  const link = path.join(folder, 'xdg-open');
  await rm(link, { force: true });
  await symlink('browser', link);
  return {
    command,
    folder,
    tabs: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    forget: () => rm(jar, { force: true }),
  };
}

/** Returns the path of curl, or undefined. It is asked for by its path: a client may start the browser without a PATH. */
function findCurl(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return [...folders, '/usr/bin', '/bin'].map((folder) => path.join(folder, 'curl')).find(existsSync);
}
