import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import { opensReadOnly } from '../../main/model/opens-read-only.ts';
import { timeLeft } from '../../main/model/time-left.ts';
import { unlockLimits } from '../../main/model/unlock-limits.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { Banner } from '../controls/banner.tsx';
import { lockText } from './lock-text.ts';
import './production-lock.css';

/** Says whether a production cluster that opens read-only is locked; unlocks it with a reason, and locks it. */
export function ProductionLock({
  cluster,
  isConnected,
}: {
  readonly cluster: Cluster;
  readonly isConnected: boolean;
}) {
  const { id, title } = cluster;
  const actions = useActions();
  const applies = useAgent(({ settings }) => opensReadOnly(cluster, settings));
  const unlock = useAgent(({ unlocks }) => unlocks?.find((one) => one.cluster === id));
  const [isAsking, setAsking] = useState(false);
  const now = useNow(unlock && 5_000);
  if (!applies) return null;
  if (unlock !== undefined && unlock.until > now)
    return (
      <Banner
        kind="attention"
        title={lockText.unlocked(timeLeft(unlock.until, now))}
        action={
          <button
            type="button"
            className="button small"
            aria-label={lockText.lockTitle(title)}
            onClick={() => void actions.lock(id)}
          >
            {lockText.lock}
          </button>
        }
      >
        <small>{lockText.reason(unlock.reason, unlock.who)}</small>
      </Banner>
    );
  return (
    <Banner
      kind="info"
      title={lockText.locked}
      action={
        isConnected &&
        !isAsking && (
          <button
            type="button"
            className="button small"
            aria-label={lockText.unlockTitle(title)}
            onClick={() => setAsking(true)}
          >
            {lockText.unlock}
          </button>
        )
      }
    >
      <small>{isConnected ? lockText.lockedHint : lockText.connectFirst}</small>
      {isAsking && isConnected && <UnlockForm cluster={cluster} onEnd={() => setAsking(false)} />}
    </Banner>
  );
}

/** Asks for the reason and the time. */
function UnlockForm({ cluster, onEnd }: { readonly cluster: Cluster; readonly onEnd: () => void }) {
  const { id, title } = cluster;
  const actions = useActions();
  const limit = useAgent(({ organisation }) => organisation?.production.unlockMinutes);
  const limits = unlockLimits(limit);
  const choices = [...new Set([5, 15, 30, 60, limits.default, limits.most])]
    .filter((minutes) => minutes <= limits.most)
    .sort((a, b) => a - b);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<PlainError>();
  const reason = useRef<HTMLInputElement>(null);
  const minutes = useRef<HTMLSelectElement>(null);
  const formId = useId();
  useEffect(() => reason.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const words = reason.current?.value.trim() ?? '';
    if (isBusy || words === '') return;
    setBusy(true);
    setFailure(undefined);
    const time = Number(minutes.current?.value ?? limits.default);
    actions
      .unlock(id, words, time)
      .then(onEnd, (error: unknown) => setFailure(toPlainError(error)))
      .finally(() => setBusy(false));
  };
  return (
    <form
      className="unlock-form"
      aria-label={lockText.unlockTitle(title)}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // The first Escape closes the form; the next one leaves the page.
        event.preventDefault();
        onEnd();
      }}
    >
      <label htmlFor={`${formId}-reason`}>{lockText.reasonLabel}</label>
      <input
        id={`${formId}-reason`}
        ref={reason}
        className="field"
        type="text"
        required
        maxLength={300}
        placeholder={lockText.reasonExample}
        autoComplete="off"
      />
      <label htmlFor={`${formId}-time`}>{lockText.timeLabel}</label>
      <select id={`${formId}-time`} ref={minutes} className="select" defaultValue={limits.default}>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {lockText.minutes(choice)}
          </option>
        ))}
      </select>
      <div className="actions">
        <button type="submit" className="button small danger" aria-disabled={isBusy}>
          {lockText.confirm}
        </button>
        <button type="button" className="button small" onClick={onEnd}>
          {lockText.cancel}
        </button>
      </div>
      {failure !== undefined && (
        <small className="failure" role="alert">
          {lockText.notUnlocked}: {failure.message} {failure.hint}
        </small>
      )}
    </form>
  );
}
