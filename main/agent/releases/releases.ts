import { randomInt } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import { type ReleaseView, releaseSchema } from '../../model/release.ts';
import { compareVersions } from '../../model/semver.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { askFeed } from './ask-feed.ts';
import type { Feed } from './feed.ts';

const minute = 60_000;
/** The longest time between two looks at the clock, so that a computer notices a missed check after sleep. */
const lookEveryMs = 60 * minute;

const keptSchema = z.object({
  bucket: z.int().min(0).max(99),
  /** The feed that the other fields belong to. */
  feed: z.string().optional(),
  checkedAt: z.number().optional(),
  etag: z.string().optional(),
  release: releaseSchema.optional(),
});
type Kept = z.infer<typeof keptSchema>;

/** Looks for newer versions and reports them. Installs none. */
export interface Releases {
  /** Undefined if no newer version is known. */
  view(): ReleaseView | undefined;
  /** Checks in a few minutes, and then once a day until `close`. Call it again when another feed takes effect. */
  follow(): void;
  /** Resolves when pending writes are finished. */
  close(): Promise<void>;
}

/** Reads what is stored; connects to nothing before `follow`. */
export async function createReleases(options: {
  readonly env: Environment;
  readonly folder: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The running version. */
  readonly version: string;
  /** Returns the current feed; undefined: no check. */
  readonly feed: () => Feed | undefined;
  readonly onChange: (release: ReleaseView | undefined) => void;
}): Promise<Releases> {
  const { env, folder, network, clock, logger, version, feed, onChange } = options;
  const file = jsonFile({
    file: path.join(folder, 'releases.json'),
    version: 1,
    schema: keptSchema,
    onUnreadable: (name, reason) => logger.warn('What was known of releases was set aside', { name, reason }),
  });
  const warn = (message: string, error: unknown) => {
    const { code, message: reason } = toPlainError(error);
    logger.warn(message, { code, reason });
  };
  let kept: Kept = (await file.read().catch((error: unknown) => {
    warn('What was known of releases cannot be read', error);
    return undefined;
  })) ?? { bucket: randomInt(100) };
  let shown = view();
  const interval = intervalOf(env);
  let stop = () => {};
  let isClosed = false;
  let writing = Promise.resolve();

  function view(): ReleaseView | undefined {
    const { release } = kept.feed === nameOf(feed()) ? kept : {};
    if (release === undefined || compareVersions(release.version, version) <= 0) return undefined;
    const { version: newer, notes, url, publishedAt, minimumVersion } = release;
    const isRequired = minimumVersion !== undefined && compareVersions(version, minimumVersion) < 0;
    return { version: newer, notes, url, publishedAt, isRequired };
  }

  const notify = () => {
    const now = view();
    if (isDeepStrictEqual(now, shown)) return;
    shown = now;
    onChange(now);
  };

  const keep = async (next: Kept) => {
    kept = next;
    notify();
    writing = file
      .write(next)
      .catch((error: unknown) => warn('What is known of releases was not kept', error));
    await writing;
  };

  /** Checks once; an invalid answer changes nothing. Returns whether to retry before the day is over. */
  const check = async (from: Feed): Promise<boolean> => {
    const name = nameOf(from);
    const known = kept.feed === name ? kept : { bucket: kept.bucket, feed: name };
    const checked: Kept = { ...known, checkedAt: clock.now() };
    try {
      const { platform, arch } = process;
      const installation = { version, platform, arch, bucket: kept.bucket };
      const answered = await askFeed({ feed: from, installation, etag: known.etag, network });
      if (isClosed || name !== nameOf(feed())) return false;
      const { etag: _, release: __, ...rest } = checked;
      if (answered.kind !== 'release') {
        await keep(answered.kind === 'unchanged' ? checked : rest);
        return false;
      }
      const { release, etag } = answered;
      if (compareVersions(release.version, version) < 0)
        logger.warn('The release feed offers an older version than this one: it is not for us', {
          offered: release.version,
          version,
        });
      await keep({ ...rest, release, ...(etag === undefined ? {} : { etag }) });
      return false;
    } catch (error) {
      if (isClosed || name !== nameOf(feed())) return false;
      warn('The answer of the release feed is not used', error);
      // Being offline does not count as a check.
      if (toPlainError(error).retryable) return true;
      await keep(checked);
      return false;
    }
  };

  const schedule = (notBefore: number) => {
    stop();
    const from = feed();
    if (from === undefined || isClosed) return;
    const last = kept.feed === nameOf(from) ? kept.checkedAt : undefined;
    const dueAt = Math.max(notBefore, (last ?? Number.NEGATIVE_INFINITY) + interval.againMs());
    const look = () => {
      const left = dueAt - clock.now();
      // A clock that was set back must not delay the next check for longer than normal.
      if (left > 0 && left < 2 * interval.againMs()) {
        stop = clock.timer(Math.min(left, lookEveryMs), look);
        return;
      }
      void check(from).then((again) => {
        const inMs = again ? Math.min(lookEveryMs, interval.againMs()) : 0;
        if (nameOf(from) === nameOf(feed())) schedule(clock.now() + inMs);
      });
    };
    look();
  };

  return {
    view,
    follow() {
      notify();
      schedule(clock.now() + interval.firstMs());
    },
    async close() {
      isClosed = true;
      stop();
      await writing;
    },
  };
}

/** Another key or channel is another feed: what is known of one does not apply to the other. */
function nameOf(feed: Feed | undefined): string | undefined {
  return feed === undefined ? undefined : [feed.channel, feed.url, ...feed.keys].join(' ');
}

/** Random within bounds, so that installations do not all ask at once. For the demo, exact. */
function intervalOf(env: Environment) {
  const seconds = Number(env.K8S_TUNNELS_RELEASES_EVERY_SECONDS);
  if (seconds > 0 && seconds <= 86_400)
    return { firstMs: () => seconds * 1_000, againMs: () => seconds * 1_000 };
  const between = (from: number, to: number) => from + Math.random() * (to - from);
  return {
    firstMs: () => between(3 * minute, 8 * minute),
    againMs: () => between(22 * 60 * minute, 26 * 60 * minute),
  };
}
