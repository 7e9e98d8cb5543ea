import type { Answer, Network } from '../../agent/network/network.ts';
import { askFeed } from '../../agent/releases/ask-feed.ts';
import { feedOf } from '../../agent/releases/feed.ts';
import { userAgent, version } from '../../agent/version.ts';
import { toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import { plural } from '../../model/wording.ts';
import type { Address } from './addresses.ts';

export interface Verdict {
  readonly ok: boolean;
  /** What came back. */
  readonly message: string;
  /** What to do, if it is not good. */
  readonly fix?: string;
}

const timeoutMs = 10_000;
const maxBytes = 256 * 1024;

/**
 * Requests an address as installations do, without a session, and judges the answer. Redirects are not followed. Never
 * rejects.
 */
export async function tryAddress(
  { kind, url }: Address,
  organisation: Organisation,
  network: Network,
): Promise<Verdict> {
  try {
    if (kind === 'releases') return await tryFeed(organisation, network);
    const answer = await network.request(new URL(url), {
      headers: { 'user-agent': userAgent, accept: kind === 'page' ? 'text/html, */*' : 'application/json' },
      timeoutMs,
      maxBytes,
      page: kind !== 'access' && kind !== 'vault',
    });
    return judge[kind](answer, organisation);
  } catch (error) {
    const { message, hint = '' } = toPlainError(error);
    return bad(message, `Check the address. ${hint}`.trim());
  }
}

/**
 * The newest release, with its signature checked. Which installations have a release is drawn by their bucket and its
 * version: buckets of every fifth number meet each rollout of 5 % and more.
 */
async function tryFeed(organisation: Organisation, network: Network): Promise<Verdict> {
  const feed = feedOf(organisation);
  if (feed === undefined) return good('is not asked');
  const { platform, arch } = process;
  try {
    for (let bucket = 0; bucket < 100; bucket += 5) {
      const installation = { version, platform, arch, bucket };
      const answered = await askFeed({ feed, installation, etag: undefined, network });
      if (answered.kind === 'release')
        return good(`publishes ${answered.release.version}, and its signature is good`);
    }
    return good('publishes no release yet');
  } catch (error) {
    const { code, message, hint } = toPlainError(error);
    const fix =
      code === 'not-found'
        ? "Name the Worker's address, without a path, in releases.url."
        : 'Check releases.publicKey against the key of the Worker, and releases.channel.';
    return bad(message, hint ?? fix);
  }
}

const judge: Readonly<
  Record<Exclude<Address['kind'], 'releases'>, (answer: Answer, organisation: Organisation) => Verdict>
> = {
  access({ status, body }) {
    const keys = status === 200 ? listIn(body, 'keys') : undefined;
    if (keys !== undefined && keys.length > 0)
      return good(`has ${plural(keys.length, { one: '# signing key', other: '# signing keys' })}`);
    return bad(
      status === 200 ? 'answered without signing keys' : `answered HTTP ${status}`,
      'Check access.team: the team domain is in the settings of Zero Trust in the dashboard of Cloudflare.',
    );
  },
  // The status says which server this is: https://developer.hashicorp.com/vault/api-docs/system/health
  vault({ status, body }) {
    if (fieldIn(body, 'initialized') === undefined)
      return bad(
        `answered HTTP ${status}, and not as Vault does`,
        'Name the address of the Vault server itself, without /v1 and without /ui.',
      );
    switch (status) {
      case 200:
        return good('is active');
      case 429:
      case 473:
        return good('is a standby, which passes requests on');
      case 472:
        return bad('is a secondary for disaster recovery, which serves nobody', 'Name the primary.');
      case 501:
        return bad('is not initialised', 'Initialise it, or name another one.');
      case 503:
        return bad('is sealed', 'Unseal it.');
      default:
        return bad(`answered HTTP ${status}`, 'Ask the administrator of the Vault.');
    }
  },
  portal: ({ status }) =>
    status < 400 || status === 403
      ? good(`answers (HTTP ${status})`)
      : bad(
          `answered HTTP ${status}`,
          'Copy the start URL from the dashboard of IAM Identity Center: AWS access portal URL.',
        ),
  catalog({ status, headers: { location } }, { access }) {
    const login = location === undefined ? null : URL.parse(location);
    if (status >= 300 && status < 400 && login?.pathname.startsWith('/cdn-cgi/access/login')) {
      const { team } = access ?? {};
      return team === undefined || login.host === team
        ? good(`is behind Access (${login.host})`)
        : bad(
            `is behind Access of another team (${login.host})`,
            `Publish it in the team ${team}, or correct access.team.`,
          );
    }
    if (status === 200)
      return bad(
        'answers without a login',
        'Put an application of Access in front of it: it lists your clusters.',
      );
    return bad(
      `answered HTTP ${status}, without a login of Access`,
      "Name the Worker's address in sources.catalog.url, and put an application of Access in front of it.",
    );
  },
  // It takes records by POST alone, so that a refusal shows that it is there.
  collector: ({ status }) =>
    status === 404 || status >= 500
      ? bad(`answered HTTP ${status}`, 'Name the address that takes logs: OTLP over HTTP, mostly /v1/logs.')
      : good(`answers (HTTP ${status})`),
  // A login of the intranet is as good as the page.
  page: ({ status }) =>
    status < 400 || [401, 403, 429].includes(status)
      ? good(`answers (HTTP ${status})`)
      : bad(`answered HTTP ${status}`, 'Correct the address of the page.'),
};

function good(message: string): Verdict {
  return { ok: true, message };
}

function bad(message: string, fix: string): Verdict {
  return { ok: false, message, fix };
}

function fieldIn(body: Buffer, name: string): unknown {
  try {
    const raw: unknown = JSON.parse(body.toString('utf8'));
    return typeof raw === 'object' && raw !== null ? Reflect.get(raw, name) : undefined;
  } catch {
    return undefined;
  }
}

function listIn(body: Buffer, name: string): readonly unknown[] | undefined {
  const list = fieldIn(body, name);
  return Array.isArray(list) ? list : undefined;
}
