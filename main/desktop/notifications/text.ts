import type { Place } from '../../api/place.ts';
import { listed, plural } from '../../model/wording.ts';
import type { Told } from './decide.ts';

/** A notification as the system shows it, and where its click and its buttons lead. */
export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly leadsTo: Way;
  readonly buttons: readonly { readonly label: string; readonly leadsTo: Way }[];
}

export type Way =
  /** The list where undefined. */
  | { readonly kind: 'window'; readonly place?: Place }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'retry'; readonly clusters: readonly string[] };

const namesAtMost = 3;
const accounts: Way = { kind: 'window', place: { kind: 'accounts' } };

export function shownOf(told: Told): Shown {
  switch (told.kind) {
    case 'tunnels-failed': {
      const { clusters } = told;
      const [first] = clusters;
      const isOne = clusters.length === 1 && first !== undefined;
      const details: Way = isOne
        ? { kind: 'window', place: { kind: 'cluster', id: first.id } }
        : { kind: 'window' };
      return {
        title: isOne
          ? `${first.title} is not reachable`
          : plural(clusters.length, {
              one: '# cluster is not reachable',
              other: '# clusters are not reachable',
            }),
        body: isOne ? first.reason : namesOf(clusters),
        leadsTo: details,
        buttons: [
          { label: 'Retry', leadsTo: { kind: 'retry', clusters: clusters.map(({ id }) => id) } },
          { label: 'Details', leadsTo: details },
        ],
      };
    }
    case 'sign-in-needed':
      return {
        title: 'Sign in required',
        body: `Finish signing in to ${told.title} in the browser.`,
        leadsTo: { kind: 'url', url: told.url },
        buttons: [{ label: 'Open page', leadsTo: { kind: 'url', url: told.url } }],
      };
    case 'session-ended': {
      const { authDomain, waiting } = told;
      return {
        title: 'Your session has ended',
        body: `${authDomain}: sign in again to reconnect ${plural(waiting, { one: '# cluster', other: '# clusters' })}.`,
        leadsTo: accounts,
        buttons: [{ label: 'Sign in', leadsTo: accounts }],
      };
    }
    case 'session-ends': {
      const { minutes } = told;
      return {
        title: plural(minutes, {
          one: 'Your session ends in # minute',
          other: 'Your session ends in # minutes',
        }),
        body: `${told.authDomain} will ask you to sign in again.`,
        leadsTo: accounts,
        buttons: [],
      };
    }
    case 'switch-ends': {
      const { context, back, minutes } = told;
      return {
        title: `${context} is the current context for ${plural(minutes, { one: '# more minute', other: '# more minutes' })}`,
        body:
          back === undefined
            ? 'Then there is no current context, as before.'
            : `Then k8s-tunnels switches back to ${back}.`,
        leadsTo: { kind: 'window' },
        buttons: [],
      };
    }
    case 'clusters-found': {
      const { clusters } = told;
      const [first] = clusters;
      return {
        title: plural(clusters.length, { one: '# new cluster found', other: '# new clusters found' }),
        body: namesOf(clusters),
        leadsTo:
          clusters.length === 1 && first !== undefined
            ? { kind: 'window', place: { kind: 'cluster', id: first.id } }
            : { kind: 'window' },
        buttons: [],
      };
    }
    case 'release':
      return {
        title: `k8s-tunnels ${told.version} is out`,
        body: told.isRequired ? 'Your version is no longer supported.' : 'See what’s new.',
        leadsTo: { kind: 'window', place: { kind: 'release' } },
        buttons: [],
      };
  }
}

function namesOf(clusters: readonly { readonly title: string }[]): string {
  const names = clusters.slice(0, namesAtMost).map(({ title }) => title);
  return listed(names, clusters.length);
}

/**
 * What stands in a body as text. Electron hands it on as it is, and on Linux it may be read as markup, in which somebody
 * else's link could stand (https://specifications.freedesktop.org/notification-spec/latest/markup.html).
 */
export function bodyText(text: string, platform: NodeJS.Platform): string {
  return platform === 'linux' ? text.replaceAll('<', '‹').replaceAll('>', '›') : text;
}
