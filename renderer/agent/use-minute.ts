import { useSyncExternalStore } from 'react';

const minuteMs = 60_000;

/** Where nobody works in the window. To draw it for a changed text wakes its processes some eighty times. */
const unattendedMs = 5 * minuteMs;

let last = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/**
 * Returns the time in ms since the epoch, updated each minute: for ages and what is left, not for seconds that are counted.
 * All that show it change at once. In a window that is not the focused one it is updated every five minutes, and as soon as
 * the pointer or the focus enters; in a hidden one when it is shown. What is rendered for another reason gets none that is
 * older than a minute.
 */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, look);
}

function look(): number {
  if (Date.now() - last >= minuteMs) last = Date.now();
  return last;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    addEventListener('focus', tick);
    document.documentElement.addEventListener('pointerenter', tick);
    addEventListener('visibilitychange', tick);
    tick();
  }
  return () => listeners.delete(listener);
}

function tick(): void {
  last = Date.now();
  const every = document.hasFocus() ? minuteMs : unattendedMs;
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(tick, every - (last % every));
  for (const listener of listeners) listener();
}
