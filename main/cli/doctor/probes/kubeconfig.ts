import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createMissing, ownWords, programsOf } from '../../../agent/connections/plugin-programs.ts';
import { type CheckedEntry, checkEntries } from '../../../agent/kubeconfig/check.ts';
import {
  type KubeconfigFile,
  type KubeconfigSource,
  lockPaths,
  resolveFiles,
} from '../../../agent/kubeconfig/files.ts';
import type { Inspection } from '../../../agent/kubeconfig/inspection.ts';
import { type Journal, journalSchema } from '../../../agent/kubeconfig/journal.ts';
import { existingLocks, type LockState } from '../../../agent/kubeconfig/lock.ts';
import { type Oddity, oddities, ofOthers } from '../../../agent/kubeconfig/oddities.ts';
import { createPlanner, type WorkerScript } from '../../../agent/kubeconfig/planner.ts';
import { createReader } from '../../../agent/kubeconfig/reader.ts';
import { bodyOf, field } from '../../../agent/kubeconfig/stanza.ts';
import { type PlainError, toPlainError } from '../../../model/app-error.ts';
import type { EntryForm } from '../../../model/entry-form.ts';

/** A file of the caller's KUBECONFIG. */
export interface FileFacts {
  readonly file: string;
  /** A symbolic link whose target does not exist. */
  readonly isDangling: boolean;
  /** The permissions of the file itself; undefined where it does not exist, and on Windows. */
  readonly mode: number | undefined;
  readonly holdsEntries: boolean;
}

/** An entry that the agent wrote, as its file is now. */
export interface EntryFacts extends Omit<CheckedEntry, 'file'> {
  readonly file: string;
  /** True if its file is one of the caller's KUBECONFIG. */
  readonly isListed: boolean;
  readonly form: EntryForm | undefined;
  /** Its API server, as written: of the cluster, or with the form `tls` the local proxy. */
  readonly server: URL | undefined;
  /** The local port that it needs. */
  readonly port: number | undefined;
  /** A file of its plugin that does not exist. */
  readonly missingProgram: string | undefined;
}

/** The caller's kubeconfigs, and the entries of ours in these and other files. */
export interface KubeconfigFacts {
  readonly files: readonly FileFacts[];
  /** Files that cannot be read, or that kubectl refuses. */
  readonly failures: readonly { readonly subject: string; readonly error: PlainError }[];
  /** What is odd about the value of KUBECONFIG. */
  readonly remarks: readonly string[];
  readonly oddities: readonly Oddity[];
  readonly others: readonly string[];
  readonly entries: readonly EntryFacts[];
  readonly locks: readonly LockState[];
  /** Kubeconfigs that `kubeconfig --for` wrote for one program each. */
  readonly forPrograms: readonly string[];
  /** A file of the agent that cannot be read: its entries are not known. */
  readonly invalid: readonly string[];
}

/** Reads the kubeconfigs of the caller and those with entries of ours. Changes nothing. */
export async function readKubeconfigs(options: {
  readonly source: KubeconfigSource;
  /** The agent's state folder. */
  readonly state: string;
  readonly worker: WorkerScript | undefined;
}): Promise<KubeconfigFacts> {
  const { source, state, worker } = options;
  const failures: { subject: string; error: PlainError }[] = [];
  const invalid: string[] = [];
  const records = await readRecords(path.join(state, 'journal.json'), invalid);
  const journal: Pick<Journal, 'all' | 'get'> = {
    all: async () => records,
    get: async (real) => records.get(real),
  };
  const owner = await ownerIn(path.join(state, 'owner.json'));
  const planner = createPlanner(worker);
  const reader = createReader({
    planner,
    journal,
    owner: async () => owner,
    // Nothing is written here.
    attributes: { seen() {} },
  });
  try {
    const resolved = await resolveFiles(source).catch((error: unknown) => {
      failures.push({ subject: 'KUBECONFIG', error: toPlainError(error) });
    });
    const listed = resolved?.all ?? [];
    const seen: { file: string; inspection: Inspection }[] = [];
    for (const file of listed.filter(({ isReadable }) => isReadable))
      try {
        seen.push({ file: file.given, inspection: await reader.read(file) });
      } catch (error) {
        failures.push({ subject: file.given, error: toPlainError(error) });
      }
    const checked = await checkEntries(journal, reader, async () => undefined);
    const known = new Set(failures.map(({ error }) => error.message));
    for (const error of checked.failures.map(toPlainError))
      if (!known.has(error.message)) failures.push({ subject: 'kubeconfig', error });
    const reals = new Set(listed.map(({ real }) => real));
    const withEntries = new Set(
      checked.entries.filter(({ status }) => status !== 'missing').map(({ file }) => file.real),
    );
    const ids = new Set(checked.entries.map(({ id }) => id));
    return {
      files: await Promise.all(listed.map((file) => fileFacts(file, withEntries.has(file.real)))),
      failures,
      remarks: resolved?.warnings ?? [],
      oddities: oddities(seen),
      others: ofOthers(seen, ids),
      entries: await Promise.all(
        checked.entries.map((entry) => entryFacts(entry, records, reals.has(entry.file.real))),
      ),
      forPrograms: await filesIn(path.join(state, 'kubeconfigs')),
      locks: await locksOf([...listed, ...checked.entries.map(({ file }) => file)]),
      invalid,
    };
  } finally {
    planner.close();
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => path.join(folder, name));
}

type Records = Awaited<ReturnType<Journal['all']>>;

/** Unlike the agent, does not set aside a journal that is not valid. */
async function readRecords(file: string, invalid: string[]): Promise<Records> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return new Map();
  const records = journalSchema.safeParse(dataIn(text));
  if (!records.success) invalid.push(file);
  return new Map(Object.entries(records.data ?? {}));
}

async function ownerIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const id = field(dataIn(text), 'id');
  return typeof id === 'string' ? id : '';
}

/** Returns the content of a document of ours, `{version, data}`. */
function dataIn(text: string): unknown {
  try {
    return field(JSON.parse(text), 'data');
  } catch {
    return undefined;
  }
}

async function fileFacts(file: KubeconfigFile, holdsEntries: boolean): Promise<FileFacts> {
  const link = await lstat(file.given).catch(() => undefined);
  const target = process.platform === 'win32' ? undefined : await stat(file.real).catch(() => undefined);
  return {
    file: file.given,
    isDangling: !file.exists && link?.isSymbolicLink() === true,
    mode: target?.isFile() === true ? target.mode & 0o777 : undefined,
    holdsEntries,
  };
}

async function entryFacts(entry: CheckedEntry, records: Records, isListed: boolean): Promise<EntryFacts> {
  const { file, ...state } = entry;
  const written = records.get(file.real)?.states.at(-1)?.stanzas ?? [];
  const cluster = written.find(({ id, list }) => id === entry.id && list === 'clusters');
  const body = bodyOf('clusters', cluster?.item);
  const server = URL.parse(String(field(body, 'server')));
  const proxy = URL.parse(String(field(body, 'proxy-url')));
  const user = written.find(({ id, list }) => id === entry.id && list === 'users');
  const isToken = field(bodyOf('users', user?.item), 'token') !== undefined;
  return {
    ...state,
    file: file.given,
    isListed,
    server: server ?? undefined,
    form: isToken ? 'tls' : proxy === null ? undefined : proxy.protocol === 'http:' ? 'connect' : 'socks5',
    port: portOf(isToken ? server : proxy),
    missingProgram: await createMissing()(programsOf(entry.plugin)),
  };
}

function portOf(url: URL | null): number | undefined {
  const port = Number(url?.port);
  return port > 0 ? port : undefined;
}

async function locksOf(files: readonly Pick<KubeconfigFile, 'given' | 'real'>[]) {
  const paths = await Promise.all(files.map((file) => lockPaths(file).catch(() => [])));
  return existingLocks([...new Set(paths.flat())]);
}

/** Returns the command of an entry's plugin up to `credential`; undefined if it has none. */
export function pluginOf({ plugin }: Pick<EntryFacts, 'plugin'>): readonly string[] | undefined {
  const words = ownWords(plugin);
  return words[0] === undefined || words[0] === '' ? undefined : words;
}
