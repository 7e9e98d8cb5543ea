import { useAgent } from '../agent/page.tsx';
import { Banner } from '../notices/banner.tsx';
import { text } from '../text/text.ts';
import { fieldTitle } from './preview-words.ts';

const words = text.organisation;

/** A configuration that leads to other hosts, files or trust waits for the user's consent. */
export function ReviewNotice({ onReview }: { readonly onReview: () => void }) {
  const organisation = useAgent((agent) => agent.organisation);
  if (organisation?.pending === undefined) return null;
  const { name, pending } = organisation;
  const fields = [...new Set(pending.map(fieldTitle))].join(', ');
  return (
    <Banner
      kind="attention"
      title={words.pending(name)}
      action={
        <button type="button" className="button small" onClick={onReview}>
          {words.review}
        </button>
      }
    >
      <small>{words.pendingHint(fields)}</small>
    </Banner>
  );
}
