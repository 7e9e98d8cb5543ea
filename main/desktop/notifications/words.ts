import type { Place } from '../../api/place.ts';
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
        title: isOne ? `${first.title} is not reachable` : `${clusters.length} clusters are not reachable`,
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
        title: 'Your sign-in is needed',
        body: `${told.title} waits for you in the browser.`,
        leadsTo: { kind: 'url', url: told.url },
        buttons: [{ label: 'Open the page', leadsTo: { kind: 'url', url: told.url } }],
      };
    case 'session-ended': {
      const { authDomain, waiting } = told;
      return {
        title: 'Your session has ended',
        body: `${authDomain}: ${waiting === 1 ? '1 cluster waits' : `${waiting} clusters wait`} for you to sign in again.`,
        leadsTo: accounts,
        buttons: [{ label: 'Sign in', leadsTo: accounts }],
      };
    }
    case 'session-ends': {
      const { minutes } = told;
      return {
        title: `Your session ends in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}`,
        body: `${told.authDomain} will ask you to sign in again.`,
        leadsTo: accounts,
        buttons: [],
      };
    }
    case 'switch-ends': {
      const { context, back, minutes } = told;
      return {
        title: `${context} is current for ${minutes === 1 ? 'a minute' : `${minutes} minutes`} more`,
        body:
          back === undefined
            ? 'Then there is no current context, as before.'
            : `Then the current context is ${back} again.`,
        leadsTo: { kind: 'window' },
        buttons: [],
      };
    }
    case 'clusters-found': {
      const { clusters } = told;
      const [first] = clusters;
      return {
        title:
          clusters.length === 1 ? 'A new cluster was found' : `${clusters.length} new clusters were found`,
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
        body: told.isRequired ? 'Your version is no longer supported.' : 'See what is new in it.',
        leadsTo: { kind: 'window', place: { kind: 'release' } },
        buttons: [],
      };
  }
}

function namesOf(clusters: readonly { readonly title: string }[]): string {
  const names = clusters.slice(0, namesAtMost).map(({ title }) => title);
  const more = clusters.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * What stands in a body as text. Electron hands it on as it is, and on Linux it may be read as markup, in which somebody
 * else's link could stand (https://specifications.freedesktop.org/notification-spec/latest/markup.html).
 */
export function bodyText(text: string, platform: NodeJS.Platform): string {
  return platform === 'linux' ? text.replaceAll('<', '‹').replaceAll('>', '›') : text;
}
