import { expect, test } from 'vitest';
import { createTab } from '../../../main/agent/logins/tab.ts';

const aTab = () => {
  const opened: string[] = [];
  const timers = new Set<() => void>();
  const tab = createTab({
    clock: {
      timer(_ms, work) {
        timers.add(work);
        return () => void timers.delete(work);
      },
    },
    openUrl: async (url) => void opened.push(url),
  });
  return { tab, opened, timers };
};
const open = new AbortController().signal;

test('the tab that waits is led to the next address, once', async () => {
  const { tab, opened, timers } = aTab();
  const next = tab.next(open);
  await tab.openUrl('https://one.example/a');
  expect(await next).toBe('https://one.example/a');
  await tab.openUrl('https://two.example/');
  expect(opened).toEqual(['https://two.example/']);
  expect(timers.size).toBe(0);
});

test('a closed tab, one that has waited too long and the end of the logins leave a new tab to the next', async () => {
  const { tab, opened, timers } = aTab();
  const closed = new AbortController();
  const first = tab.next(closed.signal);
  closed.abort();
  expect(await first).toBeUndefined();
  const second = tab.next(open);
  for (const end of timers) end();
  expect(await second).toBeUndefined();
  const third = tab.next(open);
  tab.end();
  expect(await third).toBeUndefined();
  expect(await tab.next(closed.signal)).toBeUndefined();
  await tab.openUrl('https://one.example/');
  expect(opened).toEqual(['https://one.example/']);
  expect(timers.size).toBe(0);
});

test('an address that no browser may open is refused, and the tab waits on', async () => {
  const { tab } = aTab();
  const next = tab.next(open);
  await expect(tab.openUrl('file:///etc/passwd')).rejects.toMatchObject({ code: 'url-refused' });
  await tab.openUrl('https://one.example/');
  expect(await next).toBe('https://one.example/');
});
