import { createHash } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../../model/app-error.ts';
import { type Cell, type Cluster, cellSchema, clusterSchema } from '../../model/cluster.ts';
import { misfit } from '../storage/json-file.ts';
import { setAside } from '../storage/set-aside.ts';
import { unreadable } from '../storage/unreadable.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { isAccountFile, runsFile, version } from './catalog-layout.ts';

/**
 * The catalog on disk: a folder with a file for each account, so that what changes in one is not written for all, and
 * one that says when the last whole run ended. The authorities, which are most of the bytes and which no list shows,
 * stand on a line of their own: who only lists reads the first one.
 */

/** What one file holds: an account of a source, a mount, a file. */
export interface Account {
  readonly cells: readonly Cell[];
  readonly clusters: readonly Cluster[];
}

export interface CatalogFiles {
  /**
   * Everything; a file that does not fit is set aside as `<file>.unreadable`, not lost, and then no run counts as whole.
   * Rejects with `file-unreadable`.
   */
  read(): Promise<{ readonly finishedAt: number | undefined; readonly accounts: readonly Account[] }>;
  /** Writes what an account holds now; without cells and clusters its file goes. */
  writeAccount(account: Pick<Cell, 'source' | 'account'>, content: Account): Promise<void>;
  /** Until when nobody needs to look anew, ms since the epoch, is for who reads it at rest. */
  writeFinished(at: number | undefined, freshUntil: number | undefined): Promise<void>;
}

const accountSchema = z.object({ cells: z.array(cellSchema), clusters: z.array(clusterSchema) });
const runsSchema = z.object({ version: z.literal(version), finishedAt: z.number().optional() });
const authoritiesSchema = z.record(z.string(), z.string());

export function createCatalogFiles(options: {
  readonly folder: string;
  /** `aside` is where it lies now. */
  readonly onUnreadable: (file: string, reason: string, aside: string) => void;
}): CatalogFiles {
  const { folder, onUnreadable } = options;
  const readFinished = async (): Promise<number | undefined> => {
    const file = path.join(folder, runsFile);
    const text = await textOf(file);
    if (text === undefined) return undefined;
    const read = parseRuns(text);
    if (typeof read !== 'string') return read.finishedAt;
    onUnreadable(file, read, setAside(file) ?? file);
    return undefined;
  };
  return {
    async read() {
      const accounts = await Promise.all(
        (await accountFiles(folder)).map(async (file) => {
          const read = parseAccount((await textOf(file)) ?? '');
          if (typeof read !== 'string') return read;
          onUnreadable(file, read, setAside(file) ?? file);
          return undefined;
        }),
      );
      const fit = accounts.filter((account) => account !== undefined);
      const finishedAt = await readFinished();
      return { finishedAt: fit.length === accounts.length ? finishedAt : undefined, accounts: fit };
    },
    async writeAccount(account, { cells, clusters }) {
      const file = path.join(folder, fileName(account));
      if (cells.length + clusters.length === 0) {
        await unlink(file).catch(() => {});
        return;
      }
      const authorities = Object.fromEntries(
        clusters.flatMap(({ id, certificateAuthorityData: data }) =>
          data === undefined ? [] : [[id, data]],
        ),
      );
      const data = {
        cells,
        clusters: clusters.map(({ certificateAuthorityData: _, ...rest }) => rest),
      };
      await writeFileAtomic(file, `${JSON.stringify({ version, data })}\n${JSON.stringify(authorities)}\n`);
    },
    writeFinished: (finishedAt, freshUntil) =>
      writeFileAtomic(
        path.join(folder, runsFile),
        `${JSON.stringify({ version, finishedAt, freshUntil })}\n`,
      ),
  };
}

/** An account's name may hold anything: it is not the file's. */
function fileName({ source, account }: Pick<Cell, 'source' | 'account'>): string {
  return `${source}-${createHash('sha256').update(account).digest('hex').slice(0, 16)}.json`;
}

async function accountFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw unreadable(folder, error);
  });
  return names
    .filter(isAccountFile)
    .sort()
    .map((name) => path.join(folder, name));
}

/** Undefined when it is missing. */
async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  });
}

/** The account, or why it cannot be read. */
function parseAccount(text: string): Account | string {
  const [head = '', authorities = ''] = text.split('\n');
  try {
    const raw: unknown = JSON.parse(head);
    const told = versionOf(raw);
    if (told !== version) return `version ${told}, not ${version}`;
    const read = accountSchema.safeParse((raw as { data?: unknown }).data);
    if (!read.success) return misfit(read.error);
    const known: ReadonlyMap<string, string> = new Map(
      Object.entries(authoritiesSchema.parse(JSON.parse(authorities))),
    );
    return {
      cells: read.data.cells,
      clusters: read.data.clusters.map((cluster) => withAuthority(cluster, known.get(cluster.id))),
    };
  } catch {
    return 'not JSON, or cut short';
  }
}

function withAuthority(cluster: Cluster, data: string | undefined): Cluster {
  return data === undefined ? cluster : { ...cluster, certificateAuthorityData: data };
}

function parseRuns(text: string): z.output<typeof runsSchema> | string {
  try {
    const raw: unknown = JSON.parse(text);
    const read = runsSchema.safeParse(raw);
    return read.success ? read.data : misfit(read.error);
  } catch {
    return 'not JSON';
  }
}

function versionOf(raw: unknown): string | number {
  const told = typeof raw === 'object' && raw !== null && 'version' in raw ? raw.version : undefined;
  return typeof told === 'number' ? told : 'unknown';
}
