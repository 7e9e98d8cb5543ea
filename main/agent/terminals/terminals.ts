import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { entryForms } from '../../model/entry-form.ts';
import { terminalSchema } from '../../model/terminal.ts';
import { singleFlight } from '../async/single-flight.ts';
import type { Kubeconfig, KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import { isSameProcess, processStart } from '../processes/process-start.ts';
import { jsonList } from '../storage/json-list.ts';
import { createTerminalFiles } from './terminal-files.ts';

/** How soon the end of a terminal's process is noticed. */
const checkMs = 2_000;

const storedSchema = terminalSchema.omit({ production: true }).extend({
  /** When its process started, ms since the epoch: another process may get the same pid later. */
  start: z.number(),
  /**
   * The form of its entry, if it differs from that of the cluster's other entries. A read-only one is of the form `tls`: it
   * has a value of its own, so that an agent that does not know it reads no terminal, rather than open everything to it.
   */
  form: z.enum([...entryForms, 'read-only']).optional(),
});
/** A terminal as it is stored. Whether its cluster is production is read from the catalog. */
export type StoredTerminal = z.infer<typeof storedSchema>;

/** What decides about the entry in a terminal's file. */
export type EntryFor = (
  terminal: Pick<StoredTerminal, 'id' | 'form' | 'readOnly'>,
) => Promise<KubeconfigEntry>;

/** The process that a terminal ends with. */
export interface Owner {
  readonly pid: number;
  readonly start: number;
}

/** What this computer says about processes. */
export interface Processes {
  /** Returns when the process started, or undefined if it is not running or the system does not say. */
  startOf(pid: number): number | undefined;
  isRunning(owner: Owner): boolean;
}

const systemProcesses: Processes = {
  startOf: processStart,
  isRunning: ({ pid, start }) => isSameProcess(pid, start),
};

/**
 * Terminals and programs with a kubeconfig file of their own. Each ends with its process, however that ends: its file is
 * removed then, also by the next agent if none was running.
 */
export interface Terminals {
  list(): readonly StoredTerminal[];
  /** Returns true if a terminal of the cluster exists, or is being opened. */
  uses(id: ClusterId): boolean;
  /** Makes `uses` true for these clusters until the returned function is called. */
  hold(ids: readonly ClusterId[]): () => void;
  fileOf(id: string): string;
  /**
   * Adds a terminal and writes its file. A shell that evaluates `env` again for the same cluster and namespace gets the
   * file that it has. Rejects as `entryFor` and as writing a file does: there is no terminal then.
   */
  add(
    terminal: Pick<StoredTerminal, 'cluster' | 'kind' | 'namespace' | 'pid' | 'form' | 'readOnly'>,
    entryFor: EntryFor,
  ): Promise<StoredTerminal>;
  /** Lets a terminal end with another process. Does nothing if the terminal has ended. */
  follow(id: string, pid: number): Promise<void>;
  /** Removes these terminals and their files. Resolves with those that existed. */
  end(ids: readonly string[]): Promise<readonly StoredTerminal[]>;
  /** Writes the files of a cluster's terminals again, each with its own entry. Logs what cannot be written. */
  renew(id: ClusterId, entryFor: EntryFor): Promise<void>;
  /** Ends the terminals whose processes have ended. Runs automatically, every two seconds while there are terminals. */
  check(): Promise<void>;
  /** Stops the automatic checks. */
  close(): void;
}

/** Reads the terminals of an earlier agent, and removes the files of those that have ended. */
export async function createTerminals(options: {
  readonly folder: string;
  readonly kubeconfig: Pick<Kubeconfig, 'owner'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly processes?: Processes | undefined;
  /** Called when the result of `list` has changed. */
  readonly onChange: () => void;
  /** Called with terminals that have ended. */
  readonly onEnded: (ended: readonly StoredTerminal[]) => void;
}): Promise<Terminals> {
  const { folder, clock, logger, processes = systemProcesses, onChange, onEnded } = options;
  const files = createTerminalFiles(path.join(folder, 'terminals'), options.kubeconfig);
  const stored = jsonList<StoredTerminal>({
    file: path.join(folder, 'terminals.json'),
    version: 1,
    entry: storedSchema,
    onUnreadable: (name, reason) => logger.warn('The terminals cannot be read', { file: name, reason }),
  });
  const known = new Map((await stored.read())?.map((terminal) => [terminal.id, terminal]));
  for (const id of await files.ids()) if (!known.has(id)) await files.remove(id).catch(() => {});
  const held = new Map<ClusterId, number>();
  let stopTimer: (() => void) | undefined;

  const save = async () => {
    onChange();
    await stored.write([...known.values()]);
    watch();
  };
  const end: Terminals['end'] = async (ids) => {
    const ended = ids.flatMap((id) => known.get(id) ?? []);
    if (ended.length === 0) return [];
    for (const { id } of ended) known.delete(id);
    // The record goes last: if this is interrupted, the next agent finds the terminal and removes the rest.
    await Promise.allSettled(ended.map(({ id }) => files.remove(id)));
    await save();
    onEnded(ended);
    return ended;
  };
  const check = singleFlight(async () => {
    const dead = [...known.values()].filter((terminal) => !processes.isRunning(terminal));
    await end(dead.map(({ id }) => id));
  });
  const watch = () => {
    if (known.size === 0) {
      stopTimer?.();
      stopTimer = undefined;
    } else
      stopTimer ??= clock.timer(checkMs, () => {
        stopTimer = undefined;
        const again = check().catch((error: unknown) =>
          logger.warn('Terminals are not checked', { error: toPlainError(error) }),
        );
        void again.then(watch);
      });
  };
  watch();

  return {
    list: () => [...known.values()],
    uses: (id) => (held.get(id) ?? 0) > 0 || [...known.values()].some((terminal) => terminal.cluster === id),
    hold(ids) {
      for (const id of ids) held.set(id, (held.get(id) ?? 0) + 1);
      return () => {
        for (const id of ids) held.set(id, (held.get(id) ?? 1) - 1);
      };
    },
    fileOf: files.fileOf,
    async add({ pid, ...wanted }, entryFor) {
      const start = processes.startOf(pid) ?? clock.now();
      const same = [...known.values()].find(
        (one) =>
          one.kind === 'env' &&
          wanted.kind === 'env' &&
          one.pid === pid &&
          Math.abs(one.start - start) <= 1_000 &&
          one.cluster === wanted.cluster &&
          one.namespace === wanted.namespace &&
          one.form === wanted.form &&
          isDeepStrictEqual(one.readOnly, wanted.readOnly),
      );
      const id = same?.id ?? randomBytes(8).toString('hex');
      const entry = await entryFor({ ...wanted, id });
      const terminal = same ?? { ...wanted, id, context: entry.name, pid, start, since: clock.now() };
      known.set(terminal.id, terminal);
      try {
        // The record goes first: a file that no record names would stay until the next start of an agent.
        if (same === undefined) await save();
        await files.write(terminal.id, entry);
      } catch (error) {
        if (same === undefined) await end([terminal.id]).catch(() => {});
        throw error;
      }
      return terminal;
    },
    async follow(id, pid) {
      const terminal = known.get(id);
      if (terminal === undefined) return;
      known.set(id, { ...terminal, pid, start: processes.startOf(pid) ?? clock.now() });
      await save();
    },
    end,
    async renew(cluster, entryFor) {
      for (const terminal of [...known.values()].filter((one) => one.cluster === cluster)) {
        const { id, context } = terminal;
        await entryFor(terminal)
          .then((entry) => files.write(id, { ...entry, name: context }))
          .catch((error: unknown) =>
            logger.warn('The kubeconfig of a terminal is not written', { id, error: toPlainError(error) }),
          );
      }
    },
    check,
    close() {
      stopTimer?.();
      stopTimer = undefined;
    },
  };
}
