import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import { command } from '../../../model/command.ts';
import type { Consent } from '../../../model/consent.ts';
import { createSerialQueue } from '../../async/serial-queue.ts';
import type { Clock, Logger } from '../../parts.ts';
import { jsonFile } from '../../storage/json-file.ts';
import type { ApiServer } from '../credential-provider.ts';
import { type OidcIssuer, sessionOf } from './issuer.ts';

const entrySchema = z.object({
  issuer: z.string(),
  clientId: z.string(),
  server: z.string(),
  serverName: z.string().optional(),
  /** SHA-256 of the CA certificate's PEM, in hex. */
  authority: z.string().optional(),
  /** When the user allowed it, ms since the epoch. */
  at: z.number(),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * The API servers that the user allows to receive their ID token of an issuer and client. Any cluster that somebody
 * wrote into Vault or a list may name the organisation's issuer, and its server would receive the user's token.
 */
export interface OidcConsents {
  /** Rejects with `consent-needed` unless the user allowed this API server; undefined: the cluster's own. */
  check(cluster: Cluster, server?: ApiServer): Promise<void>;
  /** Returns what the user decides on; undefined for a cluster that takes no ID token. */
  view(cluster: Cluster): Promise<Consent | undefined>;
  /** Allows what `view` showed. Rejects with `bad-input` if it has changed since. */
  allow(cluster: Cluster, digest: string): Promise<Consent>;
  /** Lists the API servers that may receive the issuer's tokens. */
  servers(issuer: OidcIssuer): Promise<readonly string[]>;
  /** Removes the consents, so that the user is asked again. Returns the API servers that were allowed. */
  revoke(issuer: OidcIssuer): Promise<readonly string[]>;
}

/** Stored in `oidc-consents.json` of `folder`: nothing secret. */
export function createOidcConsents(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The issuers that clusters name. */
  readonly issuers: () => readonly OidcIssuer[];
}): OidcConsents {
  const { clock, logger } = options;
  const file = jsonFile({
    file: path.join(options.folder, 'oidc-consents.json'),
    version: 1,
    schema: z.array(entrySchema),
    onUnreadable: (name, reason) =>
      logger.warn('the API servers that may receive id tokens are set aside', { file: name, reason }),
  });
  const inTurn = createSerialQueue();
  const read = async () => (await file.read()) ?? [];
  const change = <T>(work: (all: readonly Entry[]) => { kept: readonly Entry[]; result: T }): Promise<T> =>
    inTurn(async () => {
      const { kept, result } = work(await read());
      await file.write([...kept]);
      return result;
    });

  const view = async (cluster: Cluster, server: ApiServer = cluster): Promise<Consent | undefined> => {
    const asked = entryOf(cluster, server);
    if (asked === undefined || cluster.credential?.kind !== 'oidc') return undefined;
    const all = await read();
    const { at: _, ...shown } = asked;
    return {
      cluster: cluster.id,
      title: cluster.title,
      session: sessionOf(cluster.credential, options.issuers()),
      ...shown,
      allowed: all.some((one) => isSame(one, asked)),
      changed: all.some((one) => isOfIssuer(one, asked) && one.server === asked.server),
      digest: digestOf(asked),
    };
  };

  return {
    view: (cluster) => view(cluster),
    async check(cluster, server) {
      const consent = await view(cluster, server);
      if (consent?.allowed !== false) return;
      const { title, session, server: address, changed } = consent;
      throw new AppError(
        'consent-needed',
        changed
          ? `The CA certificate or TLS server name of ${title} (${address}) has changed since you allowed it to receive your id token of ${session}.`
          : `You have not allowed ${title} (${address}) to receive your id token of ${session}.`,
        {
          hint: `Run \`${command`k8s-tunnels login oidc --allow ${cluster.id}`}\` to see what it is and allow it.`,
        },
      );
    },
    async allow(cluster, digest) {
      const asked = entryOf(cluster, cluster);
      if (asked === undefined || digestOf(asked) !== digest)
        throw new AppError('bad-input', `${cluster.title} has changed since you were asked.`, {
          hint: 'Look at it again before you allow it.',
          retryable: true,
        });
      await change((all) => ({
        kept: [...all.filter((one) => !isSame(one, asked)), { ...asked, at: clock.now() }],
        result: undefined,
      }));
      const allowed = await view(cluster);
      if (allowed === undefined) throw new AppError('internal', 'The cluster no longer takes an ID token.');
      return allowed;
    },
    servers: async (issuer) =>
      (await read()).filter((one) => isOfIssuer(one, issuer)).map(({ server }) => server),
    revoke: (issuer) =>
      change((all) => ({
        kept: all.filter((one) => !isOfIssuer(one, issuer)),
        result: all.filter((one) => isOfIssuer(one, issuer)).map(({ server }) => server),
      })),
  };
}

function entryOf(cluster: Cluster, server: ApiServer): Entry | undefined {
  const { credential, reach } = cluster;
  if (credential?.kind !== 'oidc') return undefined;
  // A web application receives the token in the place of the API server.
  const address =
    server === cluster && reach.kind === 'tunnel' && reach.origin === 'https'
      ? `https://${reach.hostname}`
      : server.server;
  const { issuer, clientId } = credential;
  const { serverName, certificateAuthorityData: authority } = server;
  return {
    issuer,
    clientId,
    server: URL.parse(address)?.href.replace(/\/$/, '') ?? address,
    ...(serverName === undefined ? {} : { serverName }),
    ...(authority === undefined
      ? {}
      : {
          authority: createHash('sha256')
            .update(Buffer.from(authority, 'base64').toString('utf8').trim())
            .digest('hex'),
        }),
    at: 0,
  };
}

function isOfIssuer(entry: Entry, { issuer, clientId }: Pick<OidcIssuer, 'issuer' | 'clientId'>): boolean {
  return entry.issuer === issuer && entry.clientId === clientId;
}

function isSame(a: Entry, b: Entry): boolean {
  return digestOf(a) === digestOf(b);
}

function digestOf({ issuer, clientId, server, serverName = '', authority = '' }: Entry): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, clientId, server, serverName, authority]))
    .digest('hex');
}
