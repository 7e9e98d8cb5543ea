import { useEffect, useState } from 'react';
import { placeIn } from '../../main/api/place.ts';
import { useAgent } from '../agent/page.tsx';
import { Banner } from '../notices/banner.tsx';
import { text } from '../text/text.ts';
import { NotesDialog } from './notes-dialog.tsx';

/** A newer version is out. It can be put away until the next one, or the next start, unless it is required. */
export function ReleaseNotice() {
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
  if (release === undefined) return null;
  const { version, url, isRequired } = release;
  return (
    <>
      {(isRequired || dismissed !== version) && (
        <Banner
          kind={isRequired ? 'attention' : 'info'}
          title={text.release.out(version)}
          onDismiss={isRequired ? undefined : () => setDismissed(version)}
        >
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
      )}
      <NotesDialog release={release} isOpen={isReading} onClose={() => setReading(false)} />
    </>
  );
}
