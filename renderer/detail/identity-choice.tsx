import { useState } from 'react';
import { toPlainError } from '../../main/model/app-error.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import type { CredentialIdentity } from '../../main/model/credential-identity.ts';
import { choicesIn, withChoice } from '../../main/model/identity-choice.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { settingsText } from '../settings/text.ts';
import { detailText } from './text.ts';

/** Says whose credential a cluster gets, and chooses another identity where several reach its account. */
export function IdentityChoice({
  cluster,
  identity,
}: {
  readonly cluster: Cluster;
  readonly identity: CredentialIdentity;
}) {
  const { account, title } = cluster;
  const { choice } = identity;
  const { saveSettings } = useActions();
  const settings = useAgent((agent) => agent.settings);
  const isLocked = useAgent(
    ({ organisation }) => organisation?.locked.some((name) => name === choice?.setting) ?? false,
  );
  const [failure, setFailure] = useState<string>();
  if (choice === undefined) return detailText.identity(identity);
  const { setting, names } = choice;
  const chosen = choicesIn(settings[setting])[account];
  const choose = (name: string) =>
    saveSettings({ [setting]: withChoice(settings[setting], account, name === '' ? undefined : name) }).then(
      () => setFailure(undefined),
      (error: unknown) => setFailure(toPlainError(error).message),
    );
  const all = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  return (
    <>
      <select
        className="select"
        aria-label={detailText.identityFor(title)}
        title={detailText.identityOfAll(account)}
        disabled={isLocked}
        value={chosen ?? ''}
        onChange={({ target }) => void choose(target.value)}
      >
        <option value="">{detailText.identityDefault}</option>
        {all.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <span>{detailText.identity(identity)}</span>
      {failure !== undefined && (
        <small className="failure" role="alert">
          {settingsText.unchanged}: {failure}
        </small>
      )}
    </>
  );
}
