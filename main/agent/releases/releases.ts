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
/** At most so long between two looks at the clock: a computer that slept finds out when it wakes. */
const lookEveryMs = 60 * minute;

const keptSchema = z.object({
  bucket: z.int().min(0).max(99),
  /** Which feed the rest is of. */
  feed: z.string().optional(),
  checkedAt: z.number().optional(),
  etag: z.string().optional(),
  release: releaseSchema.optional(),
});
type Kept = z.infer<typeof keptSchema>;

/** Looks for newer versions than the one that runs, and tells of them. It installs none. */
export interface Releases {
  /** Undefined where none is known that is newer. */
  view(): ReleaseView | undefined;
  /** Asks some minutes from now, and once a day from then on, until `close`. Again, where another feed counts now. */
  follow(): void;
  /** Resolves when nothing is written any more. */
  close(): Promise<void>;
}

/** Reads what is known; connects nowhere before `follow`. */
export async function createReleases(options: {
  readonly env: Environment;
  readonly folder: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What runs. */
  readonly version: string;
  /** The feed that counts; where there is none, nobody is asked. */
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

  const tell = () => {
    const now = view();
    if (isDeepStrictEqual(now, shown)) return;
    shown = now;
    onChange(now);
  };

  const keep = async (next: Kept) => {
    kept = next;
    tell();
    writing = file
      .write(next)
      .catch((error: unknown) => warn('What is known of releases was not kept', error));
    await writing;
  };

  /** What is not good changes nothing of what is known. Answers whether to try again before the day is over. */
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
      // Being offline is no answer.
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
      // A clock that was set back makes nobody wait for longer than usual.
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
      tell();
      schedule(clock.now() + interval.firstMs());
    },
    async close() {
      isClosed = true;
      stop();
      await writing;
    },
  };
}

/** Another key or channel is another feed: what was known of the one is nothing of the other. */
function nameOf(feed: Feed | undefined): string | undefined {
  return feed === undefined ? undefined : [feed.channel, feed.url, ...feed.keys].join(' ');
}

/** By chance within bounds, so that not all installations ask at once; as the demo wants it, exactly. */
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
