import { ChevronRight } from 'lucide-react';
import type { SettingName } from '../../main/model/settings.ts';
import { useAgent } from '../agent/page.tsx';
import { Group } from './group.tsx';
import { listOf } from './list-of.ts';
import { ChoiceSetting, SwitchSetting, TextSetting } from './setting.tsx';
import { settingsText } from './text.ts';

const names = [
  'entryForm',
  'clusterEntryForms',
  'execApiVersion',
  'credentialStartsAgent',
  'kubeconfigPath',
  'firstRun',
  'awsRoles',
  'gcpAccounts',
  'awsRegions',
  'extraAuthorities',
  'environmentFile',
  'audit',
  'auditExport',
] as const satisfies readonly SettingName[];

/** The settings that few users change, closed until they are asked for. Says how many of them were changed. */
export function AdvancedSettings() {
  const settings = useAgent((agent) => agent.settings);
  const changed = useAgent(
    ({ settingsFrom }) => names.filter((name) => settingsFrom[name] === 'user').length,
  );
  return (
    <details className="settings-advanced">
      <summary>
        <ChevronRight size={14} aria-hidden />
        <span>{settingsText.advanced}</span>
        {changed > 0 && <span className="setting-origin">{settingsText.changed(changed)}</span>}
      </summary>
      <Group title={settingsText.advancedGroups.kubectl}>
        <ChoiceSetting
          name="entryForm"
          words={settingsText.entryForm}
          value={settings.entryForm}
          options={settingsText.entryForms}
          patch={(entryForm) => ({ entryForm })}
        />
        <TextSetting
          name="clusterEntryForms"
          words={settingsText.clusterEntryForms}
          value={settings.clusterEntryForms.join(', ')}
          patch={(forms) => ({ clusterEntryForms: listOf(forms) })}
        />
        <ChoiceSetting
          name="execApiVersion"
          words={settingsText.execApiVersion}
          value={settings.execApiVersion}
          options={settingsText.execApiVersions}
          patch={(execApiVersion) => ({ execApiVersion })}
        />
        <SwitchSetting
          name="credentialStartsAgent"
          words={settingsText.credentialStartsAgent}
          isOn={settings.credentialStartsAgent}
          patch={(credentialStartsAgent) => ({ credentialStartsAgent })}
        />
        <TextSetting
          name="kubeconfigPath"
          words={settingsText.kubeconfigPath}
          value={settings.kubeconfigPath}
          placeholder="~/.kube/config"
          patch={(kubeconfigPath) => ({ kubeconfigPath })}
        />
      </Group>
      <Group title={settingsText.advancedGroups.discovery}>
        <SwitchSetting
          name="firstRun"
          words={settingsText.firstRun}
          isOn={settings.firstRun}
          patch={(firstRun) => ({ firstRun })}
        />
        <TextSetting
          name="awsRoles"
          words={settingsText.awsRoles}
          value={settings.awsRoles.join(', ')}
          patch={(roles) => ({ awsRoles: listOf(roles) })}
        />
        <TextSetting
          name="gcpAccounts"
          words={settingsText.gcpAccounts}
          value={settings.gcpAccounts.join(', ')}
          patch={(accounts) => ({ gcpAccounts: listOf(accounts) })}
        />
        <TextSetting
          name="awsRegions"
          words={settingsText.awsRegions}
          value={settings.awsRegions.join(', ')}
          patch={(regions) => ({ awsRegions: listOf(regions) })}
        />
      </Group>
      <Group title={settingsText.advancedGroups.trust}>
        <TextSetting
          name="extraAuthorities"
          words={settingsText.extraAuthorities}
          value={settings.extraAuthorities}
          patch={(extraAuthorities) => ({ extraAuthorities })}
        />
        <TextSetting
          name="environmentFile"
          words={settingsText.environmentFile}
          value={settings.environmentFile}
          patch={(environmentFile) => ({ environmentFile })}
        />
        <SwitchSetting
          name="audit"
          words={settingsText.audit}
          isOn={settings.audit}
          patch={(audit) => ({ audit })}
        />
        <TextSetting
          name="auditExport"
          words={settingsText.auditExport}
          value={settings.auditExport}
          patch={(auditExport) => ({ auditExport })}
        />
      </Group>
    </details>
  );
}
