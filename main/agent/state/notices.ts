import { noticesAtMost } from '../../model/agent-state.ts';
import type { Notice } from '../../model/agent-view.ts';
import { shownText } from '../../redaction/shown-text.ts';
import type { Clock, Logger } from '../parts.ts';
import type { State } from './state.ts';

/** Messages of the agent that its user did not ask for. */
export interface Notices {
  /** Returns the last notices, the newest last. */
  list(): readonly Notice[];
  add(level: Notice['level'], text: string): void;
  /** As `add`, but only once for each text. */
  addOnce(level: Notice['level'], text: string): void;
}

export function createNotices(options: {
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly state: Pick<State, 'report'>;
}): Notices {
  const { clock, logger, state } = options;
  let notices: readonly Notice[] = [];
  const said = new Set<string>();

  const add: Notices['add'] = (level, text) => {
    const message = shownText(text);
    const notice = { at: clock.now(), level, message };
    notices = [...notices, notice].slice(-noticesAtMost);
    logger.info('Notice', { severity: level, message });
    state.report({ kind: 'notice', notice });
  };
  return {
    list: () => notices,
    add,
    addOnce(level, text) {
      if (said.has(text)) return;
      said.add(text);
      add(level, text);
    },
  };
}
