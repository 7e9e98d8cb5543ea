import type { Findings } from '../../main/agent/discovery/findings.ts';
import type { SetupPreview } from '../../main/agent/organisation/view.ts';
import { text } from '../text/text.ts';
import type { Link } from './link.ts';

/** What a person can do to set this computer up. All of it rejects: each is told beside its own control. */
export interface SetupActions {
  /** What there is to find clusters with, beside the accounts. */
  findings(): Promise<Findings>;
  /** What a configuration would do; changes nothing. */
  previewSetup(source: string, signal: AbortSignal): Promise<SetupPreview>;
  /** Sets up by what was previewed. With a conflict only where that is to be replaced. */
  applySetup(source: string, preview: SetupPreview): Promise<void>;
  refreshSetup(): Promise<void>;
  removeSetup(name: string): Promise<void>;
}

export function createSetup({
  link,
  say,
}: {
  readonly link: Link;
  readonly say: (title: string) => void;
}): SetupActions {
  return {
    findings: () => link.call('findings', {}),
    previewSetup: (source, signal) => link.call('setup-preview', { source }, { signal }),
    async applySetup(source, { digest, name, conflict }) {
      await link.call('setup-apply', {
        source,
        digest,
        ...(conflict === undefined ? {} : { replace: true }),
      });
      say(text.done.setUp(name));
    },
    async refreshSetup() {
      const { changed } = await link.call('setup-refresh', {});
      say(changed ? text.organisation.changed : text.organisation.unchanged);
    },
    async removeSetup(name) {
      await link.call('setup-remove', {});
      say(text.done.setupRemoved(name));
    },
  };
}
