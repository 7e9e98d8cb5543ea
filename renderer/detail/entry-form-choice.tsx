import { useState } from 'react';
import { toPlainError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import {
  type EntryForm,
  entryFormOf,
  entryForms,
  needsTls,
  ownEntryForm,
  withEntryForm,
} from '../../main/model/entry-form.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { settingsText } from '../settings/text.ts';
import { detailText } from './text.ts';

/** Chooses the form of one cluster's kubeconfig entry. */
export function EntryFormChoice({ cluster }: { readonly cluster: Cluster }) {
  const { id, title } = cluster;
  const { saveSettings } = useActions();
  const settings = useAgent((agent) => agent.settings);
  const isLocked = useAgent(
    ({ organisation }) =>
      organisation?.locked.some((name) => name === 'entryForm' || name === 'clusterEntryForms') ?? false,
  );
  const isFixed = needsTls(cluster, settings);
  const [failure, setFailure] = useState<string>();
  const own = ownEntryForm(id, settings);
  const others = entryFormOf(cluster, { ...settings, clusterEntryForms: [] });
  const choose = (form: EntryForm | undefined) =>
    saveSettings({ clusterEntryForms: withEntryForm(id, form, settings) }).then(
      () => setFailure(undefined),
      (error: unknown) => setFailure(toPlainError(error).message),
    );
  return (
    <>
      <select
        className="select"
        aria-label={detailText.entryFormFor(title)}
        disabled={isLocked || isFixed}
        value={isFixed ? '' : (own ?? '')}
        onChange={({ target }) => void choose(entryForms.find((form) => form === target.value))}
      >
        <option value="">{detailText.entryFormDefault(settingsText.entryForms[others])}</option>
        {entryForms.map((form) => (
          <option key={form} value={form}>
            {settingsText.entryForms[form]}
          </option>
        ))}
      </select>
      {failure !== undefined && (
        <small className="failure" role="alert">
          {settingsText.unchanged}: {failure}
        </small>
      )}
    </>
  );
}
