import { Notification } from 'electron';
import type { Snapshot } from '../../model/agent-view.ts';
import { shownText } from '../../redaction/shown-text.ts';
import { decide, emptyMemory } from './decide.ts';
import { bodyText, type Shown, shownOf, type Target } from './text.ts';

/** Limits the notifications per time. */
const most = { count: 6, ms: 10 * 60_000 };

/** Follows the agent's state and notifies the user while the window is not in front. */
export interface Notifier {
  see(snapshot: Snapshot): void;
}

export function createNotifier(options: {
  readonly isInFront: () => boolean;
  readonly go: (target: Target) => void;
}): Notifier {
  const { isInFront, go } = options;
  let memory = emptyMemory;
  let last: Snapshot | undefined;
  let timer: NodeJS.Timeout | undefined;
  let shownAt: readonly number[] = [];

  const show = (shown: Shown) => {
    const now = Date.now();
    shownAt = shownAt.filter((at) => Math.abs(now - at) < most.ms);
    if (!Notification.isSupported() || shownAt.length >= most.count) return;
    shownAt = [...shownAt, now];
    notify(shown, go);
  };
  const look = (now: Snapshot) => {
    clearTimeout(timer);
    const decided = decide({ before: last, now, memory, at: Date.now(), isInFront: isInFront() });
    memory = decided.memory;
    last = now;
    for (const notification of decided.notifications) show(shownOf(notification));
    // At most a minute: the computer may sleep or its clock may change.
    const { lookAgainMs } = decided;
    if (lookAgainMs !== undefined) timer = setTimeout(() => look(now), Math.min(lookAgainMs + 10, 60_000));
  };
  return { see: look };
}

/** Referenced until closed: a collected notification gets no clicks. */
const standing = new Set<Notification>();

export function notify(shown: Shown, go: (target: Target) => void): void {
  const notification = new Notification({
    title: shownText(shown.title),
    body: bodyText(shownText(shown.body), process.platform),
    // Without button support, the click opens the details.
    actions: shown.buttons.map(({ label }) => ({ type: 'button' as const, text: label })),
  });
  standing.add(notification);
  notification.on('close', () => standing.delete(notification));
  notification.on('click', () => go(shown.target));
  notification.on('action', (event, index) => {
    // Electron 40 passes it in the event, earlier versions as an argument.
    const at = (event as { readonly actionIndex?: number }).actionIndex ?? index;
    go(shown.buttons[at]?.target ?? shown.target);
  });
  notification.show();
}
