import { isDeepStrictEqual } from 'node:util';
import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { OrganisationView, SetupPreview } from '../../model/organisation-view.ts';
import type { Settings } from '../../model/settings.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import { conflictBetween, conflictError, isOlder } from './conflict.ts';
import { changesToAgreeTo, type FieldChange } from './fields.ts';
import { createManaged } from './managed.ts';
import { createOwnSetup, type Stored, storedFrom } from './own-setup.ts';
import { parseOrganisation } from './parse.ts';
import { isSigned, pendingFields, pendingNotice } from './pending.ts';
import { createPilot, type Identity } from './pilot.ts';
import { previewFields, previewRemarks, previewSettings } from './preview.ts';
import { hasSignature, type Reading, readSource } from './read-source.ts';
import { shownOf } from './shown.ts';
import { isSameOrigin, parseKey, parseSource, placeOf, type SetupSource } from './source.ts';

const refreshAfterMs = 24 * 3_600_000;
const lookEveryMs = 3_600_000;

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
   * waits for `apply`, and the accepted one stays. Rejects as `preview` and `apply` do; the last good one stays.
   */
  refresh(): Promise<boolean>;
  /** Checks for a newer version at once if the stored one is a day old, and from then on until `close`. */
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
  let reported: string | undefined;
  let shown = view();

  function current(): Organisation | undefined {
    const organisation = declared();
    return organisation && pilot.effective(organisation);
  }

  function view(): OrganisationView | undefined {
    const administrators = managed.current();
    if (administrators !== undefined) {
      const { organisation, readAt } = administrators;
      return {
        ...shownOf(organisation, pilot),
        origin: 'managed',
        place: managed.file,
        signed: false,
        readAt,
      };
    }
    const { organisation, stored } = own.current() ?? {};
    if (organisation === undefined || stored === undefined) return undefined;
    const { origin, readAt } = stored;
    const pending = pendingFields(stored, organisation);
    return {
      ...shownOf(organisation, pilot),
      origin: origin.kind,
      place: placeOf(origin),
      signed: isSigned(stored),
      ...(pending === undefined ? {} : { pending }),
      readAt,
    };
  }

  /** Reports what the work has changed. Resolves with whether another configuration takes effect. */
  const reporting = async (work: () => Promise<void>): Promise<boolean> => {
    const before = current();
    await work();
    const now = current();
    const changed = !isDeepStrictEqual(before, now);
    if (changed) onChange(now);
    if (!isDeepStrictEqual(shown, view())) {
      shown = view();
      onView(shown);
    }
    return changed;
  };

  const keep = (stored: Stored, organisation: Organisation | undefined) =>
    reporting(() => own.keep({ stored, organisation }));

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

  /** Uses the key of the source, else the one pinned to the same origin. */
  const read = async (
    source: SetupSource,
    isGivenApart: boolean,
  ): Promise<{ reading: Reading; key: string | undefined; keyFrom: Stored['keyFrom'] }> => {
    const kept = own.current()?.stored;
    const pinned = kept !== undefined && isSameOrigin(kept.origin, source.origin) ? kept : undefined;
    const key = source.key ?? pinned?.key;
    const reading = await readSource({ origin: source.origin, key, network });
    if (reading === undefined) throw new Error('A reading without an etag has a text.');
    const wasGivenApart = pinned !== undefined && pinned.key === key && isSigned(pinned);
    const keyFrom = key === undefined ? undefined : isGivenApart || wasGivenApart ? 'user' : 'link';
    return { reading, key, keyFrom };
  };

  const conflictWith = (source: SetupSource, next: Organisation) => {
    const kept = own.current();
    if (kept === undefined) return undefined;
    return conflictBetween({ kept: kept.stored, keptOrganisation: kept.organisation, source, next });
  };

  const refreshOwn = async (): Promise<boolean> => {
    const kept = own.current();
    if (kept === undefined) return false;
    const { stored, organisation } = kept;
    const { origin, key, keyFrom } = stored;
    const etag = organisation === undefined ? undefined : (stored.pending ?? stored).etag;
    const reading = await readSource({ origin, key, etag, network });
    if (reading === undefined) return keep({ ...stored, readAt: clock.now() }, organisation);
    const next = parseOrganisation(reading.text, placeOf(origin));
    if (isOlder(next, organisation)) {
      throw new AppError(
        'organisation-refused',
        `${placeOf(origin)} has an older revision than the stored configuration.`,
        { hint: 'Report it to the administrator of the configuration.' },
      );
    }
    const changes = isSigned(stored) ? [] : changesToAgreeTo(next, organisation);
    if (changes.length > 0) return hold(stored, organisation, reading, changes);
    return keep(storedFrom({ origin, key, keyFrom, reading, now: clock.now() }), next);
  };

  /** Stores a newer configuration for review; the accepted one stays in effect. */
  const hold = async (
    stored: Stored,
    organisation: Organisation | undefined,
    { text, etag }: Reading,
    changes: readonly FieldChange[],
  ): Promise<boolean> => {
    const isNew = stored.pending?.text !== text;
    const pending = { text, ...(etag === undefined ? {} : { etag }) };
    const changed = await keep({ ...stored, pending, readAt: clock.now() }, organisation);
    // Shells show pending changes from the view, if there is one.
    if (isNew)
      notice(organisation === undefined ? 'warning' : 'info', pendingNotice(organisation?.name, changes));
    return changed;
  };

  // Run one after another: a refresh that began earlier must not overwrite what the user accepts now.
  const inTurn = createSerialQueue();

  /** Refreshes only an address automatically: a file that the user set up from may be gone by now. */
  const refreshWhenOld = async () => {
    const { organisation, stored } = own.current() ?? {};
    if (stored?.origin.kind !== 'url' || Math.abs(clock.now() - stored.readAt) < refreshAfterMs) return;
    const name = organisation?.name ?? 'Your organisation';
    try {
      const changed = await inTurn(refreshOwn);
      reported = undefined;
      if (changed) notice('info', `The configuration of ${current()?.name ?? name} has changed.`);
    } catch (error) {
      const { message, retryable } = toPlainError(error);
      logger.warn('The organisation was not refreshed', { message });
      // Do not report being offline.
      if (retryable || reported === message) return;
      reported = message;
      notice('warning', `The new configuration of ${name} is not used; the last good one stays. ${message}`);
    }
  };
  let closed = false;
  let stop = () => {};
  const lookAgain = () => {
    if (closed) return;
    stop = clock.timer(lookEveryMs, () => void refreshWhenOld().finally(lookAgain));
  };

  return {
    current,
    view,
    follow() {
      void refreshWhenOld();
      lookAgain();
    },
    async preview(setup) {
      const source = sourceOf(setup);
      const { reading, key, keyFrom } = await read(source, setup.key !== undefined);
      const from = placeOf(source.origin);
      const next = parseOrganisation(reading.text, from);
      const now = current();
      const conflict = conflictWith(source, next);
      return {
        digest: reading.digest,
        name: next.name,
        origin: source.origin.kind,
        place: from,
        signed: keyFrom === 'user',
        ...(key === undefined ? {} : { key }),
        ...(key === undefined && (await hasSignature({ origin: source.origin, network }))
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
        const source = sourceOf(setup);
        const { reading, key, keyFrom } = await read(source, setup.key !== undefined);
        const from = placeOf(source.origin);
        if (reading.digest !== digest) {
          throw new AppError('organisation-refused', `${from} has changed since it was shown.`, {
            hint: 'Review the new version and accept it.',
          });
        }
        const next = parseOrganisation(reading.text, from);
        const conflict = replace ? undefined : conflictWith(source, next);
        if (conflict !== undefined) throw conflictError(conflict);
        await keep(storedFrom({ origin: source.origin, key, keyFrom, reading, now: clock.now() }), next);
        reported = undefined;
      }),
    remove: () =>
      inTurn(async () => {
        if (own.current() === undefined) return false;
        await reporting(own.remove);
        return true;
      }),
    refresh: () =>
      inTurn(async () => {
        const before = current();
        await reporting(managed.load);
        await refreshOwn();
        return !isDeepStrictEqual(before, current());
      }),
    identify: (identities) => inTurn(async () => void (await reporting(() => pilot.identify(identities)))),
    close() {
      closed = true;
      stop();
    },
  };
}
