import type { User } from './authentication.ts';
import { type Exchange, readBody, sendJson } from './exchange.ts';
import type { ResourceRoute } from './routes.ts';

/** Everyone may do everything, but in this namespace only cluster administrators may do anything. */
export const restrictedNamespace = 'restricted';

export function allows(user: User, namespace: string | undefined): boolean {
  return namespace !== restrictedNamespace || user.groups.includes('system:masters');
}

/** Answers `kubectl auth whoami`, `can-i` and `can-i --list`. */
export async function answerReview(exchange: Exchange, route: ResourceRoute, user: User): Promise<void> {
  const body = (await readBody(exchange)) as ReviewBody;
  sendJson(exchange, 201, {
    ...body,
    metadata: { creationTimestamp: null },
    status: reviewStatus(route.type.kind, body, user),
  });
}

interface ReviewBody {
  readonly spec?: {
    readonly namespace?: string;
    readonly resourceAttributes?: { readonly namespace?: string };
  };
}

function reviewStatus(kind: string, body: ReviewBody, user: User): Record<string, unknown> {
  if (kind === 'SelfSubjectReview') return { userInfo: { username: user.user, groups: user.groups } };
  if (kind === 'SelfSubjectAccessReview') {
    return { allowed: allows(user, body.spec?.resourceAttributes?.namespace || undefined) };
  }
  const rights = allows(user, body.spec?.namespace) ? ['*'] : [];
  return {
    resourceRules: rights.length > 0 ? [{ verbs: rights, apiGroups: rights, resources: rights }] : [],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version'] }],
    incomplete: false,
  };
}
