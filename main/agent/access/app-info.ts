import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { AppError } from '../../model/app-error.ts';
import { createExpiring } from '../async/expiring.ts';
import { createSingleFlight } from '../async/single-flight.ts';
import { tokenBytes } from '../network/limits.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { userAgent } from '../version.ts';
import { isEdgeFault, isOverloaded, stoppedAtHead, unanswered } from './edge-answer.ts';
import { canBeAtEdge } from './known-hosts.ts';

/** The edge's description of an Access application, with its signature verified. */
export interface AppInfo {
  /** The requested hostname, optionally with a port, or with the path of an application that has only that. */
  readonly hostname: string;
  /** `<team>.cloudflareaccess.com` */
  readonly authDomain: string;
  readonly audience: string;
  /** The application's own hostname, which may contain a wildcard or a path. Names the token file. */
  readonly appHostname: string;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

const metadataMaxAgeMs = 24 * 3_600_000;
const clockSkewMs = 5 * 60_000;
const keysMaxAgeMs = 24 * 3_600_000;
const keysMinAgeMs = 60_000;
const infoMaxAgeMs = 3_600_000;

/**
 * Asks the edge which application protects a host: HEAD with `cf-access-metadata-request`, answered by a signed JWT
 * (cloudflared `token/token.go`, `token/jwks.go`). Caches answers for an hour, keys for a day.
 */
export function createAppInfo(options: {
  readonly network: Network;
  readonly clock: Clock;
  /** The organisation's team domain, if it names one: an application of another team is refused. */
  readonly team?: () => string | undefined;
}) {
  const { network, clock, team } = options;
  /** The keys of each team. Checks parse them once, at their first use. */
  const keys = new Map<string, { readonly set: KeySet; readonly at: number }>();
  const known = createExpiring<string, AppInfo>(clock);
  const fetches = createSingleFlight<string, KeySet>();

  /** Shares a request: many applications of a team are looked up together. */
  const fetchKeys = (authDomain: string) => fetches.share(authDomain, () => fetchKeysNow(authDomain));
  const fetchKeysNow = async (authDomain: string) => {
    const answer = await network.request(new URL(`https://${authDomain}/cdn-cgi/access/certs`), {
      headers: { 'user-agent': userAgent },
      timeoutMs: 10_000,
      maxBytes: tokenBytes,
    });
    if (answer.status !== 200) {
      throw new AppError(
        'access-app-info',
        `${authDomain} answered ${answer.status} when asked for its signing keys.`,
        {
          hint: 'Try again; if it lasts, ask your Cloudflare Access administrator.',
          retryable: isOverloaded(answer.status),
        },
      );
    }
    const set = createLocalJWKSet(JSON.parse(answer.body.toString('utf8')) as JSONWebKeySet);
    keys.set(authDomain, { set, at: clock.now() });
    return set;
  };

  const verify = async (jwt: string, authDomain: string): Promise<JWTPayload> => {
    const cached = keys.get(authDomain);
    const check = async (set: KeySet) =>
      (await jwtVerify(jwt, set, { algorithms: ['RS256'], currentDate: new Date(clock.now()) })).payload;
    // Compare the absolute age, in case the clock was set back.
    if (cached === undefined || Math.abs(clock.now() - cached.at) > keysMaxAgeMs)
      return check(await fetchKeys(authDomain));
    try {
      return await check(cached.set);
    } catch (error) {
      // A missing key may mean a rotation, unless the set was only just read.
      if (!(error instanceof errors.JWKSNoMatchingKey) || clock.now() - cached.at < keysMinAgeMs) throw error;
      return check(await fetchKeys(authDomain));
    }
  };

  const ask = async (hostname: string): Promise<AppInfo> => {
    if (!canBeAtEdge(hostname)) {
      throw new AppError(
        'access-no-application',
        `${hostname} cannot be an Access application: Cloudflare serves public hostnames, and not on every port.`,
        {
          hint: "Set the cluster's k8s-tunnels-hostname tag to the public hostname of its Access application.",
        },
      );
    }
    const url = new URL(`https://${hostname}/`);
    const answer = await network.request(url, {
      method: 'HEAD',
      headers: { 'cf-access-metadata-request': 'true', 'user-agent': userAgent },
      timeoutMs: 7_000,
    });
    const jwt = answer.headers['cf-access-metadata'];
    if (typeof jwt !== 'string') {
      const stopped = await stoppedAtHead(network, url, answer);
      if (stopped !== undefined) throw stopped;
      // An origin that was asked has no application in front of it.
      if (isEdgeFault(answer.status)) throw unanswered(hostname, answer.status, 'its Access application');
      throw new AppError(
        'access-no-application',
        `No Cloudflare Access application protects ${hostname} (HTTP ${answer.status}).`,
        {
          hint: "Check the cluster's k8s-tunnels-hostname tag, or ask your Cloudflare Access administrator. A policy with the action Bypass for your network hides the application there.",
        },
      );
    }
    const between =
      'Something between you and Cloudflare may be answering in its place. Ask your network administrator.';
    const reject = (
      why: string,
      cause?: unknown,
      fix: { hint: string; mender?: 'you' } = { hint: between },
    ) =>
      new AppError('access-app-info', `The edge's description of ${hostname} cannot be trusted: ${why}.`, {
        ...fix,
        cause,
      });
    let payload: JWTPayload;
    let authDomain: string;
    try {
      const unverified = decodeJwt(jwt);
      authDomain = parseAuthDomain(unverified.auth_domain);
      // Refuse another team by the unverified description: no request is needed for that.
      ofOurTeam({ hostname, authDomain });
      payload = await verify(jwt, authDomain);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw reject('its signature or form is wrong', cause);
    }
    const named = payload.hostname;
    if (typeof named !== 'string' || named.toLowerCase() !== url.hostname)
      throw reject('it names another host');
    if (payload.type !== 'match') throw reject('it is not about an application');
    const audience = typeof payload.aud === 'string' ? payload.aud : payload.aud?.[0];
    if (audience === undefined || audience === '') throw reject('it names no audience');
    const issuedAt = (payload.iat ?? 0) * 1000;
    if (issuedAt < clock.now() - metadataMaxAgeMs || issuedAt > clock.now() + clockSkewMs) {
      const [theirs, ours] = [issuedAt, clock.now()].map((at) => new Date(at).toISOString());
      const why = `it was issued at ${theirs}, but the clock of this computer says ${ours}`;
      throw reject(why, undefined, { hint: `Correct the clock. If it is right: ${between}`, mender: 'you' });
    }
    const app = payload.app_hostname;
    return {
      hostname,
      authDomain,
      audience,
      appHostname: typeof app === 'string' && app !== '' ? app : named,
    };
  };

  const ofOurTeam = <T extends Pick<AppInfo, 'hostname' | 'authDomain'>>(info: T): T => {
    const ours = team?.();
    if (ours === undefined || info.authDomain === ours) return info;
    throw new AppError(
      'access-foreign-team',
      `${info.hostname} belongs to the Access team ${info.authDomain}, not to ${ours} of your organisation.`,
      {
        hint: "No login is sent there. Ask your Cloudflare Access administrator; the cluster's k8s-tunnels-hostname tag may be wrong.",
      },
    );
  };

  return {
    /**
     * Rejects with `access-no-application`, `access-app-info`, `access-foreign-team`, `edge-failed` if Cloudflare stops
     * the request or has a fault, or a network code.
     */
    async find(hostname: string): Promise<AppInfo> {
      return ofOurTeam(await known.get(hostname, { make: () => ask(hostname), lifeMs: () => infoMaxAgeMs }));
    },
  };
}

function parseAuthDomain(value: unknown): string {
  const host = typeof value === 'string' ? new URL(`https://${value}`).hostname : '';
  if (!host.endsWith('.cloudflareaccess.com')) throw new Error('auth_domain is not an Access team domain');
  return host;
}
