import type { WindowTarget } from '../../api/window-target.ts';
import { listed, plural } from '../../model/wording.ts';
import type { Notification } from './decide.ts';

/** A notification as the system shows it, with the targets of its click and buttons. */
export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly target: Target;
  readonly buttons: readonly { readonly label: string; readonly target: Target }[];
}

export type Target =
  /** Undefined opens the list. */
  | { readonly kind: 'window'; readonly at?: WindowTarget }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'retry'; readonly clusters: readonly string[] };

const namesAtMost = 3;
const accounts: Target = { kind: 'window', at: { kind: 'accounts' } };

export function shownOf(notification: Notification): Shown {
  switch (notification.kind) {
    case 'tunnels-failed': {
      const { clusters } = notification;
      const [first] = clusters;
      const isOne = clusters.length === 1 && first !== undefined;
      const details: Target = isOne
        ? { kind: 'window', at: { kind: 'cluster', id: first.id } }
        : { kind: 'window' };
      return {
        title: isOne
          ? `${first.title} is not reachable`
          : plural(clusters.length, {
              one: '# cluster is not reachable',
              other: '# clusters are not reachable',
            }),
        body: isOne ? first.reason : namesOf(clusters),
        target: details,
        buttons: [
          { label: 'Retry', target: { kind: 'retry', clusters: clusters.map(({ id }) => id) } },
          { label: 'Details', target: details },
        ],
      };
    }
    case 'sign-in-needed':
      return {
        title: 'Sign in required',
        body: `Finish signing in to ${notification.title} in the browser.`,
        target: { kind: 'url', url: notification.url },
        buttons: [{ label: 'Open page', target: { kind: 'url', url: notification.url } }],
      };
    case 'session-ended': {
      const { authDomain, waiting } = notification;
      return {
        title: 'Your session has ended',
        body: `${authDomain}: sign in again to reconnect ${plural(waiting, { one: '# cluster', other: '# clusters' })}.`,
        target: accounts,
        buttons: [{ label: 'Sign in', target: accounts }],
      };
    }
    case 'session-ends': {
      const { minutes } = notification;
      return {
        title: plural(minutes, {
          one: 'Your session ends in # minute',
          other: 'Your session ends in # minutes',
        }),
        body: `${notification.authDomain} will ask you to sign in again.`,
        target: accounts,
        buttons: [],
      };
    }
    case 'switch-ends': {
      const { context, back, minutes } = notification;
      return {
        title: `${context} is the current context for ${plural(minutes, { one: '# more minute', other: '# more minutes' })}`,
        body:
          back === undefined
            ? 'Then there is no current context, as before.'
            : `Then k8s-tunnels switches back to ${back}.`,
        target: { kind: 'window' },
        buttons: [],
      };
    }
    case 'confirmation-needed':
      return {
        title: `${notification.client} asks to read ${notification.title}`,
        body: 'This is a production cluster. Answer in the window or the tray.',
        target: { kind: 'window' },
        buttons: [],
      };
    case 'clusters-found': {
      const { clusters } = notification;
      const [first] = clusters;
      return {
        title: plural(clusters.length, { one: '# new cluster found', other: '# new clusters found' }),
        body: namesOf(clusters),
        target:
          clusters.length === 1 && first !== undefined
            ? { kind: 'window', at: { kind: 'cluster', id: first.id } }
            : { kind: 'window' },
        buttons: [],
      };
    }
    case 'release':
      return {
        title: `k8s-tunnels ${notification.version} is out`,
        body: notification.isRequired ? 'Your version is no longer supported.' : 'See what’s new.',
        target: { kind: 'window', at: { kind: 'release' } },
        buttons: [],
      };
  }
}

function namesOf(clusters: readonly { readonly title: string }[]): string {
  const names = clusters.slice(0, namesAtMost).map(({ title }) => title);
  return listed(names, clusters.length);
}

/**
 * Escapes the body. Electron passes it on unchanged, and Linux may parse it as markup, which could contain a link of
 * somebody else (https://specifications.freedesktop.org/notification-spec/latest/markup.html).
 */
export function bodyText(text: string, platform: NodeJS.Platform): string {
  return platform === 'linux' ? text.replaceAll('<', '‹').replaceAll('>', '›') : text;
}
