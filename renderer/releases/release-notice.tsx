import { type ReactNode, useEffect, useState } from 'react';
import { placeIn } from '../../main/api/place.ts';
import { useAgent } from '../agent/page.tsx';
import { Banner } from '../notices/banner.tsx';
import type { Notice } from '../notices/notice.ts';
import { text } from '../text/text.ts';
import { NotesDialog } from './notes-dialog.tsx';

/**
 * A newer version is out. It can be put away until the next one, or the next start, unless it is required. `notes` are
 * shown over every page, also when the notice is not.
 */
export function useReleaseNotice(): {
  readonly notice: Notice | undefined;
  readonly notes: ReactNode;
} {
  const release = useAgent((agent) => agent.release);
  const [dismissed, setDismissed] = useState<string>();
  const [isReading, setReading] = useState(false);
  useEffect(() => {
    const look = () => {
      if (placeIn(location.hash)?.kind !== 'release') return;
      history.replaceState(null, '', location.pathname + location.search);
      setReading(true);
    };
    look();
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  if (release === undefined) return { notice: undefined, notes: null };
  const { version, url, isRequired } = release;
  const notes = <NotesDialog release={release} isOpen={isReading} onClose={() => setReading(false)} />;
  if (!isRequired && dismissed === version) return { notice: undefined, notes };
  const kind = isRequired ? 'attention' : 'info';
  const title = text.release.out(version);
  const banner = (
    <Banner kind={kind} title={title} onDismiss={isRequired ? undefined : () => setDismissed(version)}>
      {isRequired && <small>{text.release.required}</small>}
      <div className="actions">
        <button type="button" className="button small" onClick={() => setReading(true)}>
          {text.release.notes}
        </button>
        <a className="button small" href={url} target="_blank" rel="noreferrer">
          {text.release.download}
        </a>
      </div>
    </Banner>
  );
  return { notice: { key: 'release', kind, title, banner }, notes };
}
