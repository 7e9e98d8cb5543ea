import { isDeepStrictEqual } from 'node:util';
import { AppError, toPlainError } from '../app-error.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import type { Settings } from '../settings/settings.ts';
import { conflictBetween, conflictError, isOlder } from './conflict.ts';
import { createManaged } from './managed.ts';
import { createOwnSetup, type Stored, storedFrom } from './own-setup.ts';
import { parseOrganisation } from './parse.ts';
import { previewFields, previewRemarks, previewSettings } from './preview.ts';
import { type Reading, readSource } from './read-source.ts';
import type { Organisation } from './schema.ts';
import { isSameOrigin, parseSource, placeOf, type SetupSource } from './source.ts';
import type { OrganisationView, SetupPreview } from './view.ts';

const refreshAfterMs = 24 * 3_600_000;
const lookEveryMs = 3_600_000;

export interface Setup {
  /** An https address, an absolute path or a `k8s-tunnels://setup` link. */
  readonly source: string;
  /** The organisation's public key, where it is given beside the source. */
  readonly key?: string | undefined;
}

/** The organisation's configuration: the managed one, else what the person set up. */
export interface OrganisationKeeper {
  current(): Organisation | undefined;
  view(): OrganisationView | undefined;
  /** Reads it and says what it will do; changes nothing. Rejects as `parseSource`, `readSource`, `parseOrganisation`. */
  preview(setup: Setup): Promise<SetupPreview>;
  /**
   * Reads it again and keeps it, where it still has the digest that was agreed to. Calling twice changes nothing more.
   * Rejects as `preview` does, with `organisation-refused` where it is another or `replace` is needed, or with
   * `disk-full` or `file-unwritable`; what was kept before then stays.
   */
  apply(setup: Setup & { readonly digest: string; readonly replace?: boolean | undefined }): Promise<void>;
  /** Forgets what the person set up. Answers whether there was anything. */
  remove(): Promise<boolean>;
  /** Reads all of it anew. Answers whether anything changed. Rejects as `preview` and `apply` do; the last good one stays. */
  refresh(): Promise<boolean>;
  /** Looks for a newer version at once where the kept one is a day old, and from then on until `close`. */
  follow(): void;
  close(): void;
}

/** Reads what is on disk; connects nowhere. Rejects with `file-unreadable` where our own file cannot be read. */
export async function createOrganisation(options: {
  readonly env: Environment;
  /** The folder of settings: what a person set up is part of them. */
  readonly config: string;
  readonly state: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settingsUnder: (organisation: Organisation | undefined) => Settings;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Another configuration counts. Not called for what stands at the start. */
  readonly onChange: (organisation: Organisation | undefined) => void;
  /** What shells show has changed, with or without the configuration. */
  readonly onView: (view: OrganisationView | undefined) => void;
}): Promise<OrganisationKeeper> {
  const { network, clock, logger, settingsUnder, notice, onChange, onView } = options;
  const managed = createManaged(options);
  const own = createOwnSetup(options);
  await managed.load();
  await own.load();
  let told: string | undefined;
  let shown = view();

  function current(): Organisation | undefined {
    return managed.current()?.organisation ?? own.current()?.organisation;
  }

  function view(): OrganisationView | undefined {
    const administrators = managed.current();
    if (administrators !== undefined) {
      const { organisation, readAt } = administrators;
      return { ...shownOf(organisation), origin: 'managed', place: managed.file, signed: false, readAt };
    }
    const { organisation, stored } = own.current() ?? {};
    if (organisation === undefined || stored === undefined) return undefined;
    const { origin, key, readAt } = stored;
    return {
      ...shownOf(organisation),
      origin: origin.kind,
      place: placeOf(origin),
      signed: key !== undefined,
      readAt,
    };
  }

  const tell = (before: Organisation | undefined): boolean => {
    const now = current();
    const changed = !isDeepStrictEqual(before, now);
    if (changed) onChange(now);
    if (!isDeepStrictEqual(shown, view())) {
      shown = view();
      onView(shown);
    }
    return changed;
  };

  const keep = async (stored: Stored, organisation: Organisation | undefined): Promise<boolean> => {
    const before = current();
    await own.keep({ stored, organisation });
    return tell(before);
  };

  /** Its key, else the one that is pinned to the same origin. */
  const read = async (source: SetupSource): Promise<{ reading: Reading; key: string | undefined }> => {
    const kept = own.current()?.stored;
    const pinned = kept !== undefined && isSameOrigin(kept.origin, source.origin) ? kept : undefined;
    const key = source.key ?? pinned?.key;
    const reading = await readSource({ origin: source.origin, key, network });
    if (reading === undefined) throw new Error('A reading without an etag has a text.');
    return { reading, key };
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
    const { origin, key } = stored;
    const etag = organisation === undefined ? undefined : stored.etag;
    const reading = await readSource({ origin, key, etag, network });
    if (reading === undefined) return keep({ ...stored, readAt: clock.now() }, organisation);
    const next = parseOrganisation(reading.text, placeOf(origin));
    if (isOlder(next, organisation)) {
      throw new AppError(
        'organisation-refused',
        `${placeOf(origin)} gives an older revision than the one kept.`,
        {
          hint: 'Tell whoever keeps the configuration.',
        },
      );
    }
    return keep(storedFrom({ origin, key, reading, now: clock.now() }), next);
  };

  // One after another: what is agreed to must not be overtaken by a refresh that began before it.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  };

  /** A file that a person set up by may be gone by now: only an address is asked by itself. */
  const refreshWhenOld = async () => {
    const { organisation, stored } = own.current() ?? {};
    if (stored?.origin.kind !== 'url' || clock.now() - stored.readAt < refreshAfterMs) return;
    const name = organisation?.name ?? 'Your organisation';
    try {
      const changed = await inTurn(refreshOwn);
      told = undefined;
      if (changed) notice('info', `The configuration of ${current()?.name ?? name} has changed.`);
    } catch (error) {
      const { message, retryable } = toPlainError(error);
      logger.warn('The organisation was not refreshed', { message });
      // Being offline is no news.
      if (retryable || told === message) return;
      told = message;
      notice('warning', `The new configuration of ${name} is not used, the last good one stays. ${message}`);
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
    async preview({ source: text, key: given }) {
      const source = parseSource(text, given);
      const { reading, key } = await read(source);
      const from = placeOf(source.origin);
      const next = parseOrganisation(reading.text, from);
      const now = current();
      const conflict = conflictWith(source, next);
      return {
        digest: reading.digest,
        name: next.name,
        origin: source.origin.kind,
        place: from,
        signed: key !== undefined,
        ...(key === undefined ? {} : { key }),
        ...(conflict === undefined ? {} : { conflict }),
        fields: previewFields(next, now),
        settings: previewSettings({ next, now, settingsUnder }),
        remarks: previewRemarks({
          next,
          isSigned: key !== undefined,
          host: source.origin.kind === 'url' ? new URL(source.origin.url).host : undefined,
          managed: managed.current() === undefined ? undefined : managed.file,
        }),
      };
    },
    apply: ({ source: text, key: given, digest, replace = false }) =>
      inTurn(async () => {
        const source = parseSource(text, given);
        const { reading, key } = await read(source);
        const from = placeOf(source.origin);
        if (reading.digest !== digest) {
          throw new AppError('organisation-refused', `${from} has changed since it was shown.`, {
            hint: 'Look at what it says now, and agree to that.',
          });
        }
        const next = parseOrganisation(reading.text, from);
        const conflict = replace ? undefined : conflictWith(source, next);
        if (conflict !== undefined) throw conflictError(conflict);
        await keep(storedFrom({ origin: source.origin, key, reading, now: clock.now() }), next);
        told = undefined;
      }),
    remove: () =>
      inTurn(async () => {
        if (own.current() === undefined) return false;
        const before = current();
        await own.remove();
        tell(before);
        return true;
      }),
    refresh: () =>
      inTurn(async () => {
        const before = current();
        await managed.load();
        tell(before);
        await refreshOwn();
        return !isDeepStrictEqual(before, current());
      }),
    close() {
      closed = true;
      stop();
    },
  };
}

function shownOf(organisation: Organisation) {
  const { name, access, links = {}, locked = [], production } = organisation;
  return { name, ...(access?.team === undefined ? {} : { team: access.team }), links, locked, production };
}
