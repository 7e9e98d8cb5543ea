import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import { type ReadOnly, readOnlySchema } from '../../model/read-only.ts';
import { terminalIdSchema } from '../../model/terminal.ts';
import type { Clock, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

/** The longest life of a secret. */
const grantLifeMs = 12 * 3_600_000;
/** An entry gets its next secret at half of this life, so that what reads the kubeconfig now has hours left. */
const renewAfterMs = grantLifeMs / 2;
/** How long an ended secret is remembered, so that its client gets the reason. */
const rememberedMs = 24 * 3_600_000;

const grantSchema = z.object({
  cluster: clusterIdSchema,
  /**
   * Who holds the secret: the user's kubeconfig entry, a separate file, or a separate file that only reads. A value of its
   * own: an agent that does not know the limits of a read-only secret reads none of this file.
   */
  holder: z.enum(['entry', 'file', 'read-only']),
  /** What a read-only secret allows beyond reading. */
  limits: readOnlySchema.optional(),
  /** The terminal whose file it is in. */
  terminal: terminalIdSchema.optional(),
  /** SHA-256 of the secret, in hexadecimal digits. */
  digest: z.string().length(64),
  /** Only of an entry, which is written again with it. */
  secret: z.string().optional(),
  /** Whose session it belongs to. */
  owner: z.string().optional(),
  /** The path of the separate kubeconfig. Absent for one of an earlier version. */
  file: z.string().optional(),
  /** The Unix socket through which a container reaches the port. */
  socket: z.string().optional(),
  since: z.number(),
  until: z.number(),
  ended: z.literal(true).optional(),
});
/** A secret that opens the local port of one cluster, for one user, for a time. */
export type Grant = z.infer<typeof grantSchema>;

/** A secret for a separate file. */
export interface FileGrant extends Pick<Grant, 'file' | 'socket' | 'terminal'> {
  readonly readOnly?: ReadOnly | undefined;
  /** ms. */
  readonly lifeMs?: number | undefined;
}

/** The secrets of the local TLS ports. They are stored, so that a running client outlives a restart of the agent. */
export interface Grants {
  /** Returns the grant that this secret opens, if it is still valid; `ended` or `unknown` otherwise. */
  check(cluster: ClusterId, secret: string): Grant | 'ended' | 'unknown';
  isValid(grant: Grant): boolean;
  /** Resolves with the secret of a cluster's entry: a new one if there is none or half of its life is over. */
  forEntry(cluster: ClusterId, owner: string | undefined): Promise<Grant & { readonly secret: string }>;
  /**
   * Resolves with a new secret for a separate file, which is not stored itself: for full access, or only to read. Expires
   * after `lifeMs`, or after 12 hours if that is sooner.
   */
  forFile(
    cluster: ClusterId,
    owner: string | undefined,
    how?: FileGrant,
  ): Promise<Grant & { readonly secret: string }>;
  /** Stores whose session a grant belongs to, if that was not known when it was issued. */
  bind(grant: Grant, owner: string): Promise<void>;
  /** Ends the valid grants that `isEnding` says, and resolves when that is stored. Ends them even if it rejects. */
  end(isEnding: (grant: Grant) => boolean): Promise<void>;
  /** Returns the valid grants. */
  list(): readonly Grant[];
  /** Returns the grants of a separate file, the oldest first, with those that ended lately. */
  ofFile(file: string): readonly Grant[];
  /** Returns when the next one expires or an entry needs its next one, ms since the epoch. */
  nextDue(): number | undefined;
}

export async function openGrants(options: {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}): Promise<Grants> {
  const { folder, clock, logger } = options;
  const file = jsonFile({
    file: path.join(folder, 'api-proxy-secrets.json'),
    version: 1,
    schema: z.array(grantSchema),
    onUnreadable: (name, reason) =>
      logger.warn('The secrets of local ports are made again', { file: name, reason }),
  });
  let grants: readonly Grant[] = (await file.read()) ?? [];

  // A clock that was set back must not lengthen a life: compare the absolute age.
  const isValid = ({ ended, since, until }: Grant) =>
    ended === undefined && Math.abs(clock.now() - since) < until - since;
  const put = async (next: readonly Grant[]) => {
    grants = next.filter((one) => Math.abs(clock.now() - one.since) < one.until - one.since + rememberedMs);
    await file.write([...grants]);
  };
  const create = async (
    cluster: ClusterId,
    holder: 'entry' | 'file',
    owner: string | undefined,
    { readOnly, lifeMs = grantLifeMs, ...at }: FileGrant = {},
  ) => {
    const secret = randomBytes(32).toString('base64url');
    const since = clock.now();
    const grant: Grant = {
      cluster,
      ...(readOnly === undefined ? { holder } : { holder: 'read-only', limits: readOnly }),
      digest: digestOf(secret).toString('hex'),
      ...(holder === 'entry' ? { secret } : {}),
      ...(owner === undefined ? {} : { owner }),
      ...at,
      since,
      until: since + Math.min(lifeMs, grantLifeMs),
    };
    const before = grants;
    try {
      await put([...grants, grant]);
    } catch (error) {
      grants = before;
      throw error;
    }
    return { ...grant, secret };
  };
  const newest = (cluster: ClusterId) =>
    grants.findLast((one) => one.cluster === cluster && one.holder === 'entry' && isValid(one));

  return {
    check(cluster, secret) {
      const digest = digestOf(secret);
      let found: Grant | undefined;
      // Compare with all of them: the time says nothing about which one was right.
      for (const one of grants)
        if (timingSafeEqual(Buffer.from(one.digest, 'hex'), digest) && one.cluster === cluster) found = one;
      if (found === undefined) return 'unknown';
      return isValid(found) ? found : 'ended';
    },
    isValid,
    async forEntry(cluster, owner) {
      const known = newest(cluster);
      const { secret } = known ?? {};
      const isYoung = known !== undefined && Math.abs(clock.now() - known.since) < renewAfterMs;
      if (known !== undefined && secret !== undefined && isYoung && known.owner === owner)
        return { ...known, secret };
      return create(cluster, 'entry', owner);
    },
    forFile: (cluster, owner, how) => create(cluster, 'file', owner, how),
    bind: ({ digest }, owner) => put(grants.map((one) => (one.digest === digest ? { ...one, owner } : one))),
    async end(isEnding) {
      const ending = grants.filter((one) => isValid(one) && isEnding(one));
      if (ending.length > 0) {
        await put(
          grants.map(({ secret, ...one }) =>
            ending.some(({ digest }) => digest === one.digest)
              ? { ...one, ended: true as const }
              : { ...one, ...(secret === undefined ? {} : { secret }) },
          ),
        );
      }
    },
    list: () => grants.filter(isValid),
    ofFile: (file) => grants.filter((one) => one.file === file),
    nextDue() {
      const due = grants.filter(isValid).map((one) => {
        const renewal = one.since + renewAfterMs;
        const isCurrent = one.holder === 'entry' && newest(one.cluster) === one;
        return isCurrent && renewal > clock.now() ? renewal : one.until;
      });
      return due.length === 0 ? undefined : Math.min(...due);
    },
  };
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
