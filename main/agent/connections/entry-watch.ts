import { AppError, type PlainError, toPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import { singleFlight } from '../async/single-flight.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { CheckedEntry } from '../kubeconfig/check.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import type { Clock } from '../parts.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Entries } from './entries.ts';
import { knownWay } from './known-way.ts';
import type { PluginCommand } from './kubeconfig-entry.ts';
import { createMissing, programsOf } from './plugin-programs.ts';
import { type Remembered, sourceOf } from './remembered.ts';
import { sentences } from './sentences.ts';

/** Another program that changes an entry again so soon after a repair means it. */
const peaceMs = 60_000;

/** An entry of a connection that kubectl cannot use. */
export interface EntryProblem {
  readonly cluster: ClusterId;
  /** ms since the epoch. */
  readonly since: number;
  readonly error: PlainError;
}

/** Watches over the kubeconfig entries of connections and on-demand contexts. */
export interface EntryWatch {
  /**
   * Compares the entries with what we wrote, and repairs each one that another program changed, once. What the user may have
   * meant, and what was changed again within a minute, is reported and left. Never rejects.
   */
  checkEntries(): Promise<void>;
  /**
   * The same, because the user asked for it: repairs also what was changed again, and what could not be repaired before.
   * Resolves with the clusters whose entries were repaired. Rejects as `Kubeconfig.check` does.
   */
  repairEntries(): Promise<readonly ClusterId[]>;
  /** Resolves with the files to watch: the kubeconfigs, their locks, and the programs that kubectl runs for credentials. */
  entryFiles(): Promise<readonly string[]>;
}

export function createEntryWatch(options: {
  readonly clock: Clock;
  readonly catalog: Pick<Catalog, 'get'>;
  readonly tunnels: Pick<Tunnels, 'find'>;
  readonly ports: Pick<Ports, 'known'>;
  readonly kubeconfig: Pick<Kubeconfig, 'add' | 'check' | 'repair' | 'files'>;
  readonly remembered: Pick<Remembered, 'get'>;
  readonly entries: Pick<Entries, 'through' | 'nameOf'>;
  readonly plugin: PluginCommand;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Called when the problems have changed: those of entries, and those of whole files. */
  readonly onProblems?:
    | ((problems: {
        readonly entries: readonly EntryProblem[];
        readonly files: readonly PlainError[];
      }) => void)
    | undefined;
}): EntryWatch {
  const { clock, catalog, kubeconfig, remembered, entries, plugin, notice } = options;
  const problems = new Map<ClusterId, EntryProblem>();
  const repairedAt = new Map<ClusterId, number>();
  /** What was reported, by the file's problem, so that each is reported once. */
  let reported = new Set<string>();
  let watched = programsOf([plugin.command, ...plugin.args]);
  const titleOf = (id: ClusterId) => catalog.get(id)?.title ?? id;

  const settle = (id: ClusterId) => problems.delete(id);
  const fail = (id: ClusterId, message: string, hint: string) => {
    if (problems.get(id)?.error.message === message) return;
    const error = toPlainError(new AppError('kubeconfig-entry', message, { hint }));
    problems.set(id, { cluster: id, since: clock.now(), error });
    notice('warning', `${message} ${hint}`);
  };

  /** Writes an entry again, in the file where it is. */
  const write = async ({ file }: CheckedEntry, id: ClusterId): Promise<void> => {
    const connection = remembered.get(id);
    const way = knownWay(id, options);
    if (connection === undefined || way === undefined) return kubeconfig.repair(file);
    const source = { ...sourceOf(connection), kubeconfig: file.given };
    await kubeconfig.add(source, [await entries.through(way.cluster, way.local)], {});
  };

  /** The entries that were repaired because the user asked. Undefined if nobody did. */
  let asked: Set<ClusterId> | undefined;

  const repair = async (entry: CheckedEntry, id: ClusterId, what: string): Promise<void> => {
    const title = titleOf(id);
    const last = asked === undefined ? repairedAt.get(id) : undefined;
    const again = againHint(nameFor(id));
    if (problems.has(id) && asked === undefined) return;
    if (last !== undefined && clock.now() - last < peaceMs) {
      fail(id, `${what} in ${entry.file.given} again, less than a minute after it was repaired.`, again);
      return;
    }
    try {
      await write(entry, id);
      repairedAt.set(id, clock.now());
      asked?.add(id);
      settle(id);
      notice('info', `${what} in ${entry.file.given}. The entry of ${title} was written again.`);
    } catch (error) {
      fail(
        id,
        `${what} in ${entry.file.given}, and it could not be written again. ${sentences(error)}`,
        again,
      );
    }
  };
  const nameFor = (id: ClusterId) => {
    const cluster = catalog.get(id);
    return cluster === undefined ? id : entries.nameOf(cluster);
  };

  const checkOne = async (
    entry: CheckedEntry,
    id: ClusterId,
    missingOf: ReturnType<typeof createMissing>,
  ): Promise<void> => {
    const title = titleOf(id);
    const { given } = entry.file;
    switch (entry.status) {
      case 'missing':
        fail(id, `The entry of ${title} was deleted from ${given}.`, againHint(nameFor(id)));
        return;
      case 'no-context':
        fail(id, `The context of ${title} was deleted from ${given}.`, againHint(nameFor(id)));
        return;
      case 'changed':
        await repair(entry, id, `Another program changed the entry of ${title}`);
        return;
      case 'intact':
        break;
    }
    const gone = await missingOf(programsOf(entry.plugin));
    if (gone === undefined) return void settle(id);
    const own = await missingOf(programsOf([plugin.command, ...plugin.args]));
    if (own === undefined)
      await repair(entry, id, `The entry of ${title} named the program ${gone}, which is gone,`);
    else
      fail(
        id,
        `kubectl gets no credential for ${title}: the program ${own} is gone.`,
        `Start k8s-tunnels where it is now, and then: ${command`k8s-tunnels connect --add ${nameFor(id)}`}`,
      );
  };

  const check = async (): Promise<void> => {
    const before = JSON.stringify([...problems.values()]);
    const { entries: found, failures } = await kubeconfig.check();
    const ours = Map.groupBy(
      found.filter(({ id }) => remembered.get(id as ClusterId) !== undefined),
      ({ id }) => id as ClusterId,
    );
    for (const id of problems.keys()) if (!ours.has(id)) settle(id);
    const missingOf = createMissing();
    for (const [id, states] of ours) {
      // An entry in one of several files is enough for kubectl.
      const best =
        states.find(({ status }) => status === 'intact') ?? states.find(({ status }) => status !== 'missing');
      const one = best ?? states[0];
      if (one !== undefined) await checkOne(one, id, missingOf);
    }
    watched = [
      ...new Set([
        ...programsOf([plugin.command, ...plugin.args]),
        ...found.flatMap((one) => programsOf(one.plugin)),
      ]),
    ];
    const files = failures.map(toPlainError);
    const texts = new Set(files.map(({ code, message }) => (code === 'kubeconfig-locked' ? code : message)));
    for (const [index, text] of [...texts].entries())
      if (!reported.has(text) && failures[index] !== undefined) notice('warning', sentences(failures[index]));
    const isNews = texts.size !== reported.size || JSON.stringify([...problems.values()]) !== before;
    reported = texts;
    if (isNews) options.onProblems?.({ entries: [...problems.values()], files });
  };

  // One after the other: two at once would both repair an entry, and report that another program changed it again.
  const inTurn = createSerialQueue();
  return {
    checkEntries: singleFlight(() => inTurn(check).catch(() => {})),
    repairEntries: () =>
      inTurn(async () => {
        asked = new Set();
        try {
          await check();
          return [...asked];
        } finally {
          asked = undefined;
        }
      }),
    entryFiles: async () => [
      ...(await kubeconfig.files()).flatMap(({ given, real }) => [
        given,
        real,
        `${given}.lock`,
        `${real}.lock`,
      ]),
      ...watched,
    ],
  };
}

function againHint(name: string): string {
  return `Write it again: ${command`k8s-tunnels connect --add ${name}`}, or close the tunnel: ${command`k8s-tunnels disconnect ${name}`}`;
}
