import { listed } from '../../main/model/wording.ts';
import { useAgent } from '../agent/page.tsx';
import { agentText } from '../agent/text.ts';
import { Banner } from '../controls/banner.tsx';
import type { Notice } from '../controls/notice.ts';
import { organisationText } from '../settings/text.ts';
import { fieldTitle } from './preview-lines.ts';

/** Shown while a configuration with new hosts, files or certificates waits for consent. */
export function useReviewNotice(onReview: () => void): Notice | undefined {
  const organisation = useAgent((agent) => agent.organisation);
  if (organisation?.pending === undefined) return undefined;
  const { name, pending } = organisation;
  const fields = listed([...new Set(pending.map(fieldTitle))]);
  const title = agentText.setupPending(name);
  const action = (
    <button type="button" className="button small" onClick={onReview}>
      {organisationText.review}
    </button>
  );
  const banner = (
    <Banner kind="attention" title={title} action={action}>
      <small>{organisationText.pendingHint(fields)}</small>
    </Banner>
  );
  return { key: 'review', kind: 'attention', title, banner };
}
