import { createHash } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../../model/app-error.ts';
import { type Cell, type Cluster, cellSchema, clusterSchema } from '../../model/cluster.ts';
import { readText } from '../storage/busy-file.ts';
import { misfit } from '../storage/json-file.ts';
import { setAside } from '../storage/set-aside.ts';
import { unreadable } from '../storage/unreadable.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { isAccountFile, runsFile, version } from './catalog-layout.ts';

/**
 * The catalog on disk: a folder with a file for each account, so that a change in one account does not rewrite all, and
 * a file that records when the last full run ended. The CA certificates are most of the bytes and no list shows them.
 * They are on a line of their own, so a command that only lists reads just the first line.
 */

/** The content of one file: an account of a source, a mount, a file. */
export interface Account {
  readonly cells: readonly Cell[];
  readonly clusters: readonly Cluster[];
}

export interface CatalogFiles {
  /**
   * Reads everything. A file that does not fit is set aside as `<file>.unreadable`, not lost, and then no run counts as
   * complete. Rejects with `file-unreadable`.
   */
  read(): Promise<{ readonly finishedAt: number | undefined; readonly accounts: readonly Account[] }>;
  /** Writes the current content of an account; deletes its file if it has no cells and no clusters. */
  writeAccount(account: Pick<Cell, 'source' | 'account'>, content: Account): Promise<void>;
  /**
   * Records the last full run. `freshUntil` is when a refresh is due, ms since the epoch, for readers without an agent.
   */
  writeFinished(at: number | undefined, freshUntil: number | undefined): Promise<void>;
}

const accountSchema = z.object({ cells: z.array(cellSchema), clusters: z.array(clusterSchema) });
const runsSchema = z.object({ version: z.literal(version), finishedAt: z.number().optional() });
const authoritiesSchema = z.record(z.string(), z.string());

export function createCatalogFiles(options: {
  readonly folder: string;
  /** `aside` is the file's new path. */
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

/** Derives a safe file name: an account's name may contain any character. */
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

/** Returns undefined if the file is missing. */
async function textOf(file: string): Promise<string | undefined> {
  return readText(file).catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  });
}

/** Returns the account, or the reason why it cannot be read. */
function parseAccount(text: string): Account | string {
  const [head = '', authorities = ''] = text.split('\n');
  try {
    const raw: unknown = JSON.parse(head);
    const found = versionOf(raw);
    if (found !== version) return `version ${found}, not ${version}`;
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
  const found = typeof raw === 'object' && raw !== null && 'version' in raw ? raw.version : undefined;
  return typeof found === 'number' ? found : 'unknown';
}
