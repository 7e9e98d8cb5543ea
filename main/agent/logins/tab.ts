import { checkUrl } from '../open-url.ts';
import type { Clock } from '../parts.ts';

/** How long a tab waits for the next login, which may need a discovery first. */
const patienceMs = 20_000;

/** Lets logins that follow one another share a browser tab: the last page of one waits, and leads to the next. */
export interface Tab {
  /** Leads the tab that waits to the address, else opens a new one. Rejects as the browser's `openUrl` does. */
  openUrl(url: string): Promise<void>;
  /** Resolves with the next address, or with undefined after 20 s, at `end`, or when the user has closed the tab. */
  next(closed: AbortSignal): Promise<string | undefined>;
  /** No further login follows. */
  end(): void;
}

export function createTab(options: {
  readonly clock: Pick<Clock, 'timer'>;
  /** Opens a new tab. */
  readonly openUrl: (url: string) => Promise<void>;
}): Tab {
  const { clock, openUrl } = options;
  const waiting = new Set<(url: string | undefined) => void>();
  return {
    async openUrl(url) {
      const [last] = [...waiting].slice(-1);
      if (last === undefined) return openUrl(url);
      last(checkUrl(url));
    },
    next: (closed) =>
      new Promise((resolve) => {
        const lead = (url: string | undefined) => {
          stop();
          waiting.delete(lead);
          resolve(url);
        };
        const stop = clock.timer(patienceMs, () => lead(undefined));
        waiting.add(lead);
        closed.addEventListener('abort', () => lead(undefined), { once: true });
        if (closed.aborted) lead(undefined);
      }),
    end() {
      for (const lead of waiting) lead(undefined);
    },
  };
}
