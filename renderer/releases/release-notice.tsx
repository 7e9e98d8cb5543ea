import { useState } from 'react';
import { useAgent } from '../agent/page.tsx';
import { Banner } from '../controls/banner.tsx';
import type { Notice } from '../controls/notice.ts';
import { releasesText } from './text.ts';

/** A newer version is out. It can be dismissed until the next one, or the next start, unless it is required. */
export function useReleaseNotice(onNotes: () => void): Notice | undefined {
  const release = useAgent((agent) => agent.release);
  const [dismissed, setDismissed] = useState<string>();
  if (release === undefined) return undefined;
  const { version, url, isRequired } = release;
  if (!isRequired && dismissed === version) return undefined;
  const kind = isRequired ? 'attention' : 'info';
  const title = releasesText.out(version);
  const banner = (
    <Banner kind={kind} title={title} onDismiss={isRequired ? undefined : () => setDismissed(version)}>
      {isRequired && <small>{releasesText.required}</small>}
      <div className="actions">
        <button type="button" className="button small" onClick={onNotes}>
          {releasesText.notes}
        </button>
        <a className="button small" href={url} target="_blank" rel="noreferrer">
          {releasesText.download}
        </a>
      </div>
    </Banner>
  );
  return { key: 'release', kind, title, banner };
}
