import { isDeepStrictEqual } from 'node:util';
import { AppError, fromPlainError, toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { OrganisationView, SetupPreview } from '../../model/organisation-view.ts';
import type { Settings } from '../../model/settings.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import { conflictBetween, conflictError } from './conflict.ts';
import { dailyRefresh } from './daily-refresh.ts';
import { createManaged, type Refused } from './managed.ts';
import { ownRefresh, staysError } from './own-refresh.ts';
import { createOwnSetup, type Stored, storedFrom } from './own-setup.ts';
import { parseOrganisation } from './parse.ts';
import { createPilot, type Identity } from './pilot.ts';
import { isSigned, keysAfter, pinnedKeys } from './pinned-keys.ts';
import { previewFields, previewRemarks, previewSettings } from './preview.ts';
import { hasSignature, readSource } from './read-source.ts';
import { isSameOrigin, parseKey, parseSource, placeOf, type SetupSource } from './source.ts';
import { viewOf } from './view.ts';

export interface Setup {
  /** An https address, an absolute path or a `k8s-tunnels://setup` link. Absent: the source of the current setup. */
  readonly source?: string | undefined;
  /** The organisation's public key, if it is given separately from the source. */
  readonly key?: string | undefined;
}

/** The organisation's configuration: the managed one, else the one that the user set up. */
export interface OrganisationKeeper {
  current(): Organisation | undefined;
  view(): OrganisationView | undefined;
  /**
   * Reads it and returns what it would change; changes nothing. Rejects as `parseSource`, `readSource`,
   * `parseOrganisation`, or with `bad-input` if no source is given and nothing is set up.
   */
  preview(setup: Setup): Promise<SetupPreview>;
  /**
   * Reads it again and stores it, if it still has the accepted digest. Calling twice changes nothing more. Rejects as
   * `preview` does, with `organisation-refused` if it differs or `replace` is needed, or with `disk-full` or
   * `file-unwritable`; the previous configuration then stays.
   */
  apply(setup: Setup & { readonly digest: string; readonly replace?: boolean | undefined }): Promise<void>;
  /** Removes the user's setup. Returns whether there was one. */
  remove(): Promise<boolean>;
  /**
   * Reloads everything. Returns whether anything changed. An unsigned change that leads to other hosts, files or trust
   * waits for `apply`, and the accepted one stays. Rejects as `preview` and `apply` do, and with the reason why the
   * managed file is not used; the last good one stays.
   */
  refresh(): Promise<boolean>;
  /** Returns a managed file that is not used and that no earlier version stands in for. */
  refusedFile(): (Refused & { readonly place: string }) | undefined;
  /** Checks for a newer version at once if the stored one is a day old, and from then on until `close`; a managed file hourly. */
  follow(): void;
  /** Takes the users who are signed in to Access, who may be in the pilot group. Never rejects. */
  identify(identities: readonly Identity[]): Promise<void>;
  close(): void;
}

/** Reads what is on disk; connects to nothing. Rejects with `file-unreadable` if our own file cannot be read. */
export async function createOrganisation(options: {
  readonly env: Environment;
  /** The settings folder: the user's setup is part of the settings. */
  readonly config: string;
  readonly state: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Returns the settings as they would be under this organisation. */
  readonly settingsUnder: (organisation: Organisation | undefined) => Settings | Promise<Settings>;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Called when another configuration takes effect. Not called for the one that is read at the start. */
  readonly onChange: (organisation: Organisation | undefined) => void;
  /** Called when the view for shells has changed, with or without the configuration. */
  readonly onView: (view: OrganisationView | undefined) => void;
}): Promise<OrganisationKeeper> {
  const { network, clock, logger, settingsUnder, notice, onChange, onView } = options;
  const managed = createManaged(options);
  const own = createOwnSetup(options);
  const pilot = await createPilot(options);
  await managed.load();
  await own.load();
  /** As its file has it, without the changes of a pilot group. */
  const declared = () => managed.current()?.organisation ?? own.current()?.organisation;
  let ownRefused: Refused | undefined;
  let shown = view();

  function current(): Organisation | undefined {
    const organisation = declared();
    return organisation && pilot.effective(organisation);
  }

  function view(): OrganisationView | undefined {
    return viewOf({ managed, own: own.current(), ownRefused, pilot });
  }

  const reportChange = (before: Organisation | undefined): boolean => {
    const now = current();
    const changed = !isDeepStrictEqual(before, now);
    if (changed) onChange(now);
    if (!isDeepStrictEqual(shown, view())) {
      shown = view();
      onView(shown);
    }
    return changed;
  };

  /** Reports what the work has changed. Resolves with whether another configuration takes effect. */
  const reporting = async (work: () => Promise<unknown>): Promise<boolean> => {
    const before = current();
    await work();
    return reportChange(before);
  };

  const keep = (stored: Stored, organisation: Organisation | undefined): Promise<boolean> =>
    reporting(async () => {
      await own.keep({ stored, organisation });
      ownRefused = undefined;
    });

  const sourceOf = ({ source, key }: Setup): SetupSource => {
    if (source !== undefined) return parseSource(source, key);
    const kept = own.current();
    if (kept === undefined) {
      throw new AppError('bad-input', 'No configuration of an organisation is set up.', {
        hint: 'Give its https address or its file: k8s-tunnels setup <source>',
      });
    }
    return { origin: kept.stored.origin, ...(key === undefined ? {} : { key: parseKey(key) }) };
  };

  /** Reads a setup that the user names. Uses the key of the source, else those pinned to the same origin. */
  const read = async (setup: Setup) => {
    const source = sourceOf(setup);
    const kept = own.current();
    const isPinned = kept !== undefined && isSameOrigin(kept.stored.origin, source.origin);
    const pinned = isPinned ? pinnedKeys(kept.stored) : [];
    const keys = source.key === undefined ? pinned : [source.key];
    const reading = await readSource({ origin: source.origin, keys, network });
    if (reading === undefined) throw new Error('A reading without an etag has a text.');
    const next = parseOrganisation(reading.text, placeOf(source.origin));
    const wasGivenApart = isPinned && isSigned(kept.stored) && keys.every((key) => pinned.includes(key));
    const keyFrom: Stored['keyFrom'] =
      keys.length === 0 ? undefined : setup.key !== undefined || wasGivenApart ? 'user' : 'link';
    // One of the pinned keys, named again, does not unpin the others.
    const from = { keys: keys.every((key) => pinned.includes(key)) ? pinned : keys, keyFrom };
    const following = { text: reading.text, organisation: next, keys: keysAfter(next, from) };
    const conflict = kept === undefined ? undefined : conflictBetween(kept, source, following);
    return { source, reading, next, used: keys, keyFrom, keys: following.keys, conflict };
  };

  // Run one after another: a refresh that began earlier must not overwrite what the user accepts now.
  const inTurn = createSerialQueue();
  const refreshFromSource = ownRefresh({ own, network, now: clock.now, notice, keep });
  const refreshOwn = async (): Promise<boolean> => {
    try {
      return await refreshFromSource();
    } catch (error) {
      ownRefused = { at: clock.now(), error: toPlainError(error) };
      reportChange(current());
      throw error;
    }
  };
  const daily = dailyRefresh({
    ...{ own, clock, logger, notice },
    refresh: () => inTurn(refreshOwn),
    readManaged: () => inTurn(() => reporting(managed.load)),
    name: () => current()?.name,
  });

  return {
    current,
    view,
    refusedFile() {
      const refused = managed.current() === undefined ? managed.refused() : undefined;
      return refused === undefined ? undefined : { place: managed.file, ...refused };
    },
    follow: daily.start,
    async preview(setup) {
      const { source, reading, next, used, keyFrom, conflict } = await read(setup);
      const now = current();
      return {
        digest: reading.digest,
        name: next.name,
        origin: source.origin.kind,
        place: placeOf(source.origin),
        signed: keyFrom === 'user',
        ...(reading.signers[0] === undefined ? {} : { key: reading.signers[0] }),
        ...(used.length === 0 && (await hasSignature({ origin: source.origin, network }))
          ? { unchecked: true }
          : {}),
        ...(conflict === undefined ? {} : { conflict }),
        fields: previewFields(next, declared()),
        settings: previewSettings({
          next: pilot.effective(next),
          now,
          settings: { before: await settingsUnder(now), after: await settingsUnder(pilot.effective(next)) },
        }),
        remarks: previewRemarks({
          next,
          keyFrom,
          host: source.origin.kind === 'url' ? new URL(source.origin.url).host : undefined,
          managed: managed.current() === undefined ? undefined : managed.file,
        }),
      };
    },
    apply: ({ digest, replace = false, ...setup }) =>
      inTurn(async () => {
        const { source, reading, next, used, keyFrom, keys, conflict } = await read(setup);
        const { origin } = source;
        if (reading.digest !== digest) {
          throw new AppError('organisation-refused', `${placeOf(origin)} has changed since it was shown.`, {
            hint: 'Review the new version and accept it.',
          });
        }
        if (conflict !== undefined && !replace) throw conflictError(conflict);
        // Who replaces names the key that counts, unless the configuration lists keys.
        const pinned = replace ? keysAfter(next, { keys: used, keyFrom }) : keys;
        const now = clock.now();
        await keep(storedFrom({ origin, keys: pinned, keyFrom, reading, organisation: next, now }), next);
        daily.reset();
      }),
    remove: () =>
      inTurn(async () => {
        if (own.current() === undefined) return false;
        await reporting(async () => {
          await own.remove();
          ownRefused = undefined;
        });
        return true;
      }),
    refresh: () =>
      inTurn(async () => {
        const before = current();
        await reporting(managed.load);
        const refused = managed.refused();
        // Both are read, whatever becomes of the other one.
        const results = await Promise.allSettled([
          refused === undefined ? undefined : Promise.reject(fromPlainError(refused.error)),
          refreshOwn(),
        ]);
        for (const result of results)
          if (result.status === 'rejected') throw staysError(result.reason, current());
        return !isDeepStrictEqual(before, current());
      }),
    identify: (identities) => inTurn(async () => void (await reporting(() => pilot.identify(identities)))),
    close: daily.close,
  };
}
