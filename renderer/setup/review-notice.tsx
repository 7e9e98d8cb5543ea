import { useAgent } from '../agent/page.tsx';
import { Banner } from '../notices/banner.tsx';
import type { Notice } from '../notices/notice.ts';
import { text } from '../text/text.ts';
import { fieldTitle } from './preview-words.ts';

const words = text.organisation;

/** A configuration that leads to other hosts, files or trust waits for the user's consent. */
export function useReviewNotice(onReview: () => void): Notice | undefined {
  const organisation = useAgent((agent) => agent.organisation);
  if (organisation?.pending === undefined) return undefined;
  const { name, pending } = organisation;
  const fields = [...new Set(pending.map(fieldTitle))].join(', ');
  const title = words.pending(name);
  const action = (
    <button type="button" className="button small" onClick={onReview}>
      {words.review}
    </button>
  );
  const banner = (
    <Banner kind="attention" title={title} action={action}>
      <small>{words.pendingHint(fields)}</small>
    </Banner>
  );
  return { key: 'review', kind: 'attention', title, banner };
}
