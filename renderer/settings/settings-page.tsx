import type { ReactNode } from 'react';
import { useAgent } from '../agent/page.tsx';
import { clustersText } from '../clusters/text.ts';
import { SubPage } from '../controls/sub-page.tsx';
import { headerText } from '../header/text.ts';
import { LicencesButton } from '../licences/licences.tsx';
import { OrganisationGroup } from './organisation-group.tsx';
import { ChoiceSetting, SwitchSetting, TextSetting } from './setting.tsx';
import { organisationText, settingsText } from './text.ts';
import './settings.css';

/** Lists all settings. Each is saved as soon as it is changed. */
export function SettingsPage({
  onBack,
  onSetUp,
  onReview,
}: {
  readonly onBack: () => void;
  readonly onSetUp: () => void;
  readonly onReview: () => void;
}) {
  const settings = useAgent((agent) => agent.settings);
  const { version, signIns } = useAgent(({ agent }) => agent);
  return (
    <SubPage title={settingsText.title} onBack={onBack}>
      <h1 className="for-screen-readers">{settingsText.title}</h1>
      <Group title={settingsText.general}>
        {/* A browser page cannot start at login or show notifications. */}
        {window.k8sTunnels !== undefined && (
          <>
            <SwitchSetting
              name="startAtLogin"
              words={settingsText.startAtLogin}
              isOn={settings.startAtLogin}
              patch={(startAtLogin) => ({ startAtLogin })}
            />
            <SwitchSetting
              name="notifyNewClusters"
              words={settingsText.notifyNewClusters}
              isOn={settings.notifyNewClusters}
              patch={(notifyNewClusters) => ({ notifyNewClusters })}
            />
          </>
        )}
        <SwitchSetting
          name="reopenAtStart"
          words={settingsText.reopenAtStart}
          isOn={settings.reopenAtStart}
          patch={(reopenAtStart) => ({ reopenAtStart })}
        />
        <ChoiceSetting
          name="favouritesOrder"
          words={settingsText.favouritesOrder}
          value={settings.favouritesOrder}
          options={settingsText.favouritesOrders}
          patch={(favouritesOrder) => ({ favouritesOrder })}
        />
        <ChoiceSetting
          name="listGroup"
          words={settingsText.listGroup}
          value={settings.listGroup}
          options={clustersText.filters.groups}
          patch={(listGroup) => ({ listGroup })}
        />
      </Group>
      <Group title={settingsText.kubectl}>
        <ChoiceSetting
          name="kubeconfigMode"
          words={settingsText.kubeconfigMode}
          value={settings.kubeconfigMode}
          options={settingsText.kubeconfigModes}
          patch={(kubeconfigMode) => ({ kubeconfigMode })}
        />
        <SwitchSetting
          name="keepEntries"
          words={settingsText.keepEntries}
          isOn={settings.keepEntries}
          patch={(keepEntries) => ({ keepEntries })}
        />
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
        <SwitchSetting
          name="productionReadOnly"
          words={settingsText.productionReadOnly}
          isOn={settings.productionReadOnly}
          patch={(productionReadOnly) => ({ productionReadOnly })}
        />
        <ChoiceSetting
          name="execApiVersion"
          words={settingsText.execApiVersion}
          value={settings.execApiVersion}
          options={settingsText.execApiVersions}
          patch={(execApiVersion) => ({ execApiVersion })}
        />
        <TextSetting
          name="contextName"
          words={settingsText.contextName}
          value={settings.contextName}
          placeholder="{group}/{name}"
          patch={(contextName) => ({ contextName })}
        />
        <TextSetting
          name="terminal"
          words={settingsText.terminal}
          value={settings.terminal.join(', ')}
          patch={(terminal) => ({ terminal: terminal.split(',').flatMap((word) => word.trim() || []) })}
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
      <Group title={settingsText.discovery}>
        <SwitchSetting
          name="firstRun"
          words={settingsText.firstRun}
          isOn={settings.firstRun}
          patch={(firstRun) => ({ firstRun })}
        />
        <TextSetting
          name="catalogMaxAgeMinutes"
          words={settingsText.catalogMaxAgeMinutes}
          value={String(settings.catalogMaxAgeMinutes)}
          isShort
          patch={(minutes) => ({ catalogMaxAgeMinutes: Number(minutes) })}
        />
        <TextSetting
          name="awsPortals"
          words={settingsText.awsPortals}
          value={settings.awsPortals.join(', ')}
          patch={(portals) => ({ awsPortals: listOf(portals) })}
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
        <TextSetting
          name="vaultMounts"
          words={settingsText.vaultMounts}
          value={settings.vaultMounts.join(', ')}
          patch={(mounts) => ({ vaultMounts: listOf(mounts) })}
        />
        <TextSetting
          name="clusterFiles"
          words={settingsText.clusterFiles}
          value={settings.clusterFiles.join(', ')}
          patch={(files) => ({ clusterFiles: listOf(files) })}
        />
      </Group>
      <Group title={organisationText.title}>
        <OrganisationGroup onSetUp={onSetUp} onReview={onReview} />
      </Group>
      <Group title={settingsText.trust}>
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
      <Group title={settingsText.signIns}>
        <div className="setting" data-wide>
          <span className="setting-title">{settingsText.signInsTitle}</span>
          <small>{settingsText.signInsKept[signIns]}</small>
        </div>
      </Group>
      <p className="about">
        {headerText.product} {version} · <LicencesButton />
      </p>
    </SubPage>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="settings-group" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function listOf(line: string): string[] {
  return line.split(/[\s,]+/).filter((word) => word !== '');
}
