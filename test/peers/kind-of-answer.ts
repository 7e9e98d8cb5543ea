/** An answer of a server, before anything of it is understood. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Asks with fetch, and keeps what a comparison needs. */
export async function ask(url: string, options: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, options);
  return {
    status: response.status,
    contentType: (response.headers.get('content-type') ?? '').split(';', 1)[0] ?? '',
    body: await response.text(),
  };
}

/**
 * How the double's answer differs in kind from the peer's: another status, another content type, a field that the peer
 * does not have or has of another type. A double may leave out fields.
 */
export function differences(
  double: Answer,
  peer: Answer,
  known: {
    /** Paths of objects whose keys are data. */
    readonly open?: readonly string[];
    /** Paths that the service itself has and this peer lacks. */
    readonly lacking?: readonly string[];
  } = {},
): readonly string[] {
  const { open = [], lacking = [] } = known;
  const found: string[] = [];
  if (double.status !== peer.status) found.push(`status ${double.status}, the peer ${peer.status}`);
  if (double.contentType !== peer.contentType)
    found.push(`content type ${double.contentType}, the peer ${peer.contentType}`);
  const [ours, theirs] = [parse(double.body), parse(peer.body)];
  compare('', ours, theirs);
  return found;

  function compare(path: string, one: unknown, other: unknown): void {
    // What is null or empty says nothing of its type.
    if (one === null || other === null) return;
    const [type, otherType] = [typeOf(one), typeOf(other)];
    if (type !== otherType) {
      found.push(`${path || 'body'} is of type ${type}, the peer's ${otherType}`);
      return;
    }
    if (Array.isArray(one) && Array.isArray(other)) {
      // A field that some elements have counts as one of the list.
      if (one.length > 0 && other.length > 0) compare(`${path}[]`, merged(one), merged(other));
      return;
    }
    if (type !== 'object') return;
    const [mine, yours] = [one, other] as Record<string, unknown>[];
    const isOpen = open.includes(path);
    for (const [key, value] of Object.entries(mine ?? {})) {
      const at = path === '' ? key : `${path}.${key}`;
      if (isOpen || lacking.includes(at) || value === null) continue;
      if (yours === undefined || !(key in yours)) found.push(`${at} is not in the peer's answer`);
      else compare(at, value, yours[key]);
    }
  }
}

const merged = (list: readonly unknown[]) =>
  list.every((one) => typeOf(one) === 'object') ? Object.assign({}, ...list) : list[0];
const typeOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);

/** JSON as it is; XML as an object of its element names; other text as text. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    if (!body.trimStart().startsWith('<')) return body;
    return Object.fromEntries([...body.matchAll(/<([A-Za-z][\w]*)[\s>]/g)].map(([, name]) => [name, '']));
  }
}
