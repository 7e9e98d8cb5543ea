import type { Findings } from '../../main/model/findings.ts';
import type { SetupPreview } from '../../main/model/organisation-view.ts';
import type { Link } from './link.ts';
import { agentText } from './text.ts';

/** What to set up. Without a source: the pending changes of the current configuration. */
export interface SetupSource {
  readonly source?: string | undefined;
  /** The organisation's public key, as the user typed it. */
  readonly key?: string | undefined;
}

/** Sets this computer up. Everything rejects: each control shows its own error. */
export interface SetupActions {
  /** Resolves to what can find clusters besides the accounts. */
  findings(): Promise<Findings>;
  /** Previews a configuration; changes nothing. */
  previewSetup(from: SetupSource, signal: AbortSignal): Promise<SetupPreview>;
  /** Applies a previewed configuration, and replaces a conflicting one. */
  applySetup(from: SetupSource, preview: SetupPreview): Promise<void>;
  refreshSetup(): Promise<void>;
  removeSetup(name: string): Promise<void>;
}

export function createSetup({
  link,
  showDone,
}: {
  readonly link: Link;
  readonly showDone: (title: string) => void;
}): SetupActions {
  return {
    findings: () => link.call('findings', {}),
    previewSetup: (from, signal) => link.call('setup-preview', from, { signal }),
    async applySetup(from, { digest, name, conflict }) {
      await link.call('setup-apply', {
        ...from,
        digest,
        ...(conflict === undefined ? {} : { replace: true }),
      });
      showDone(agentText.done.setUp(name));
    },
    async refreshSetup() {
      const { changed, organisation } = await link.call('setup-refresh', {});
      const { setupChanged, setupUnchanged } = agentText.done;
      const waits = organisation?.pending !== undefined;
      showDone(waits ? agentText.setupPending(organisation.name) : changed ? setupChanged : setupUnchanged);
    },
    async removeSetup(name) {
      await link.call('setup-remove', {});
      showDone(agentText.done.setupRemoved(name));
    },
  };
}
