import { mixedScripts } from '../../main/model/mixed-scripts.ts';
import { controlsText } from './text.ts';

/** Marks a name that mixes scripts with look-alike letters; renders nothing otherwise. */
export function MixedScriptsBadge({ title }: { readonly title: string }) {
  const mixed = mixedScripts(title);
  if (mixed === undefined) return null;
  return (
    <span className="badge mixed-scripts" title={controlsText.mixedScripts.which(mixed)}>
      {controlsText.mixedScripts.badge}
      <span className="for-screen-readers">: {mixed}</span>
    </span>
  );
}

/** Explains the badge and what to do. */
export function MixedScriptsNote({ title }: { readonly title: string }) {
  const mixed = mixedScripts(title);
  return mixed === undefined ? null : (
    <p className="mixed-scripts-note">{controlsText.mixedScripts.note(mixed)}</p>
  );
}
