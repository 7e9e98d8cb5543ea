import type { JWTPayload } from 'jose';

/**
 * The audiences that a caller belongs to: groups in lower case, or `service:<client id>` of a service token. Undefined:
 * the identity cannot be read now.
 */
export type Audiences = ReadonlySet<string> | undefined;

interface Known {
  readonly groups: ReadonlySet<string>;
  readonly until: number;
}

/** Groups that changed count after this time. */
const lifeMs = 5 * 60_000;
const mostKnown = 5_000;
/** By user and session. */
const known = new Map<string, Known>();

/**
 * Resolves with the audiences of a verified assertion. The groups are those of the token's claim `groups`, which Access
 * includes where it is configured, and leaves out where a user has too many for a cookie. Otherwise those of the
 * identity, which Access always has in full.
 */
export async function audiencesOf(assertion: string, claims: JWTPayload, team: string): Promise<Audiences> {
  const { common_name: service, sub = '' } = claims;
  // A service token has no user: its `sub` is empty, and its `common_name` the client id.
  if (sub === '' && typeof service === 'string' && service !== '')
    return new Set([`service:${service.toLowerCase()}`]);
  const inToken = groupList(claims.groups) ?? groupList(fieldsOf(claims.custom).groups);
  if (inToken !== undefined) return new Set(inToken);
  const session = typeof claims.identity_nonce === 'string' ? `${team} ${sub} ${claims.identity_nonce}` : '';
  const kept = known.get(session);
  if (kept !== undefined && Date.now() < kept.until) return kept.groups;
  const groups = await askIdentity(assertion, sub, team);
  if (groups !== undefined && session !== '') {
    // The oldest goes: a map has its keys in the order in which they were added.
    known.delete(session);
    const [oldest] = known.keys();
    if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
    known.set(session, { groups, until: Date.now() + lifeMs });
  }
  return groups;
}

/**
 * Asks the team who the user is: `get-identity` answers the session of the cookie. Resolves with no groups if the
 * session has ended there, or is another user's.
 */
async function askIdentity(assertion: string, user: string, team: string): Promise<Audiences> {
  try {
    const response = await fetch(`https://${team}/cdn-cgi/access/get-identity`, {
      headers: { cookie: `CF_Authorization=${assertion}`, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(5_000),
    });
    if (response.status >= 500 || response.status === 429) return undefined;
    if (response.status !== 200) return new Set();
    const identity = fieldsOf(await response.json());
    const { user_uuid: uuid = user } = identity;
    if (uuid !== user) return new Set();
    return new Set(
      [identity.groups, fieldsOf(identity.oidc_fields).groups, fieldsOf(identity.saml_attributes).groups]
        .flatMap((list) => groupList(list) ?? [])
        .filter((one) => one !== ''),
    );
  } catch {
    return undefined;
  }
}

/**
 * Returns the groups of a list, or undefined if it is none. A group is a text, or an object with `id`, `name` and
 * `email`. Its name counts only if it has neither of the others: in some directories every user may make a group with a
 * name that is in use. Groups that would look like another audience are left out.
 */
function groupList(list: unknown): readonly string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  return list
    .flatMap((one: unknown) => {
      if (typeof one === 'string') return [one];
      const { id, email, name } = fieldsOf(one);
      const unique = [id, email].filter(isText);
      return unique.length > 0 ? unique : [name].filter(isText);
    })
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '' && one !== '*' && one !== 'everyone' && !one.startsWith('service:'));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Returns the fields of an object, or of the JSON text of one. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'string') {
    try {
      return fieldsOf(JSON.parse(value) as object);
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
