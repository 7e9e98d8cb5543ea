import { Notification } from 'electron';
import type { Snapshot } from '../../model/agent-view.ts';
import { shownText } from '../../redaction/shown-text.ts';
import { decide, nothingTold } from './decide.ts';
import { bodyText, type Shown, shownOf, type Way } from './text.ts';

/** At most so many in the time, however much happens. */
const most = { count: 6, ms: 10 * 60_000 };

/** Follows the agent's states and tells the person what matters, while the window is not in front. */
export interface Notifier {
  see(snapshot: Snapshot): void;
}

export function createNotifier(options: {
  readonly isInFront: () => boolean;
  readonly go: (way: Way) => void;
}): Notifier {
  const { isInFront, go } = options;
  let memory = nothingTold;
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
    for (const told of decided.told) show(shownOf(told));
    // A minute at most: the computer may sleep meanwhile, and its clock be set.
    const { lookAgainMs } = decided;
    if (lookAgainMs !== undefined) timer = setTimeout(() => look(now), Math.min(lookAgainMs + 10, 60_000));
  };
  return { see: look };
}

/** Kept until they are closed: one that is collected has no clicks. */
const standing = new Set<Notification>();

export function notify(shown: Shown, go: (way: Way) => void): void {
  const notification = new Notification({
    title: shownText(shown.title),
    body: bodyText(shownText(shown.body), process.platform),
    // Where the system has no buttons, the click leads to the details.
    actions: shown.buttons.map(({ label }) => ({ type: 'button' as const, text: label })),
  });
  standing.add(notification);
  notification.on('close', () => standing.delete(notification));
  notification.on('click', () => go(shown.leadsTo));
  notification.on('action', (event, index) => {
    // Electron 40 tells it in the event, those before it beside.
    const at = (event as { readonly actionIndex?: number }).actionIndex ?? index;
    go(shown.buttons[at]?.leadsTo ?? shown.leadsTo);
  });
  notification.show();
}
