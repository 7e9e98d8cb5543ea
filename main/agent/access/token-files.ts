import { readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { createLaterRuns } from '../async/later-runs.ts';
import type { Clock } from '../parts.ts';
import { readText, whileBusy } from '../storage/busy-file.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import type { AppInfo } from './app-info.ts';

/** A JWT and its claims. Never logged. */
export interface Token {
  readonly jwt: string;
  readonly email: string | undefined;
  /** ms since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The ending of the files that hold the sessions of organisations. */
export const sessionFileEnding = '-org-token';

/** A file, and the organisation that issued its token. */
interface KeptFile {
  readonly name: string;
  readonly team: string | undefined;
}

interface Content {
  readonly token: Token | undefined;
  readonly audiences: readonly string[];
  /** The file's status when it was read. Undefined if it may change again without showing that. */
  readonly status: string | undefined;
}

/** A file that changed this recently may change again without a new time stamp. */
const restlessMs = 100;

export type TokenFiles = ReturnType<typeof createTokenFiles>;

/**
 * Stores Access tokens where cloudflared does and under its names (`token/path.go`), so that both share one login:
 * `<app_hostname>-<aud>-token` and `<auth_domain>-org-token` in `~/.cloudflared`, 0600.
 */
export function createTokenFiles(options: { readonly folder: string; readonly clock: Clock }) {
  const { folder, clock } = options;
  // Many tunnels that open together ask for the same organisation's token, and for the list of all files.
  const readShared = createLaterRuns<string, Content>();
  const listShared = createLaterRuns<'files', readonly KeptFile[]>();
  /** Each file as it was read last. Every new connection asks for its token, which rarely changes. */
  const known = new Map<string, Content>();

  /** Reads the file if its status has changed. Rejects with the system's error. */
  const content = async (file: string): Promise<Content> => {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    const status = [ino, size, mtimeMs, ctimeMs].join(' ');
    const last = known.get(file);
    if (last?.status === status) return last;
    const jwt = (await readText(file)).trim();
    const token = parseToken(jwt);
    const isAtRest = Math.abs(Date.now() - mtimeMs) > restlessMs;
    const now = {
      token,
      audiences: token === undefined ? [] : audiencesOf(jwt),
      status: isAtRest ? status : undefined,
    };
    known.set(file, now);
    return now;
  };

  const read = async (
    file: string,
    audience: string | undefined,
    { ended = false } = {},
  ): Promise<Token | undefined> => {
    let seen: Content;
    try {
      seen = await readShared(file, () => content(file));
    } catch (cause) {
      known.delete(file);
      if (errnoOf(cause) === 'ENOENT') return undefined;
      throw new AppError(
        'file-unreadable',
        `${file} could not be read (${errnoOf(cause) ?? 'unknown error'}).`,
        {
          hint: 'Check that you own the file and may read it, or delete it.',
          cause,
        },
      );
    }
    const { token, audiences } = seen;
    if (token === undefined || (!ended && token.expiresAt <= clock.now())) return undefined;
    return audience === undefined || audiences.includes(audience) ? token : undefined;
  };

  /** Lists the stored files and their owners. */
  const kept = () =>
    listShared('files', async () => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('-token'));
      return Promise.all(
        names.map(async (name) => ({
          name,
          team: issuerOf(await readText(path.join(folder, name)).catch(() => '')),
        })),
      );
    });

  return {
    appPath: (app: AppInfo) =>
      path.join(folder, `${app.appHostname}-${app.audience}-token`.replaceAll('/', '-').replaceAll('*', '-')),
    orgPath: (authDomain: string) =>
      path.join(folder, `${authDomain}${sessionFileEnding}`.replaceAll('/', '-')),
    /** Resolves with the token if it exists, is well-formed, belongs to this application and has not expired. */
    readApp(app: AppInfo) {
      return read(this.appPath(app), app.audience);
    },
    /**
     * Resolves with the token of the application with exactly that hostname, found by its file's name without asking
     * the edge. Considers only that team.
     */
    async findApp(hostname: string, authDomain: string): Promise<Token | undefined> {
      const names = await readdir(folder).catch(() => []);
      const ofHost = names.filter(
        (name) =>
          name.startsWith(`${hostname}-`) && /^[0-9a-f]{64}-token$/.test(name.slice(hostname.length + 1)),
      );
      for (const name of ofHost) {
        const audience = name.slice(hostname.length + 1, -'-token'.length);
        const token = await read(path.join(folder, name), audience).catch(() => undefined);
        if (token !== undefined && issuerOf(token.jwt) === authDomain) return token;
      }
      return undefined;
    },
    readOrg(authDomain: string) {
      return read(this.orgPath(authDomain), undefined);
    },
    /**
     * Resolves with the organisations that have a valid token. With `ended`, includes those whose token has expired.
     */
    async orgs(
      which: { readonly ended?: boolean } = {},
    ): Promise<readonly { readonly authDomain: string; readonly token: Token }[]> {
      const names = await readdir(folder).catch(() => []);
      const found = names
        .filter((name) => name.endsWith(`.cloudflareaccess.com${sessionFileEnding}`))
        .map(async (name) => {
          const authDomain = name.slice(0, -sessionFileEnding.length);
          const token = await read(path.join(folder, name), undefined, which).catch(() => undefined);
          return token === undefined ? [] : [{ authDomain, token }];
        });
      return (await Promise.all(found)).flat();
    },
    async writeApp(app: AppInfo, jwt: string) {
      await writeFileAtomic(this.appPath(app), jwt);
    },
    async writeOrg(authDomain: string, jwt: string) {
      await writeFileAtomic(this.orgPath(authDomain), jwt);
    },
    async removeApp(app: AppInfo) {
      await remove(this.appPath(app));
    },
    /** Resolves with the applications that have a stored token, expired or not: hostnames as their files spell them. */
    async applications(): Promise<readonly { readonly hostname: string; readonly team: string }[]> {
      return (await kept()).flatMap(({ name, team }) => {
        const [, hostname] = /^(.+)-[0-9a-f]{64}-token$/.exec(name) ?? [];
        return hostname === undefined || team === undefined ? [] : [{ hostname, team }];
      });
    },
    /** Resolves with the organisations that have a stored token, expired or not. */
    async teams(): Promise<readonly string[]> {
      return [...new Set((await kept()).flatMap(({ team }) => team ?? []))];
    },
    /** Removes every token of an organisation and of its applications. Resolves with the names of the files. */
    async removeAll(authDomain: string): Promise<readonly string[]> {
      const org = path.basename(this.orgPath(authDomain));
      const names = (await kept()).filter(({ name, team }) => name === org || team === authDomain);
      for (const { name } of names) await remove(path.join(folder, name));
      return names.map(({ name }) => name);
    },
  };
}

/** Returns the claims that we use. Returns undefined for anything but a JWT with an expiry. */
export function parseToken(jwt: string): Token | undefined {
  try {
    const claims = decodeJwt(jwt);
    if (claims.exp === undefined) return undefined;
    const email = claims.email;
    return {
      jwt,
      email: typeof email === 'string' ? email : undefined,
      issuedAt: (claims.iat ?? 0) * 1000,
      expiresAt: claims.exp * 1000,
    };
  } catch {
    return undefined;
  }
}

/** Returns the team domain that issued a token. Returns undefined for anything but a JWT. */
export function issuerOf(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt.trim()).iss?.replace(/^https:\/\//, '');
  } catch {
    return undefined;
  }
}

function audiencesOf(jwt: string): readonly string[] {
  const { aud } = decodeJwt(jwt);
  return typeof aud === 'string' ? [aud] : (aud ?? []);
}

async function remove(file: string): Promise<void> {
  try {
    await whileBusy('replace', () => unlink(file));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
