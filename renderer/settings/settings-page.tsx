import type { ReactNode } from 'react';
import { useAgent } from '../agent/page.tsx';
import { SubPage } from '../detail/sub-page.tsx';
import { LicencesButton } from '../licences/licences.tsx';
import { text } from '../text/text.ts';
import { OrganisationGroup } from './organisation-group.tsx';
import { ChoiceSetting, SwitchSetting, TextSetting } from './setting.tsx';
import './settings.css';

const words = text.settings;

/** Every setting, saved as soon as it is changed. */
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
    <SubPage title={words.title} onBack={onBack}>
      <h1 className="for-screen-readers">{words.title}</h1>
      <Group title={words.general}>
        {/* A page in a browser starts with nothing, and notifies of nothing. */}
        {window.k8sTunnels !== undefined && (
          <>
            <SwitchSetting
              name="startAtLogin"
              words={words.startAtLogin}
              isOn={settings.startAtLogin}
              patch={(startAtLogin) => ({ startAtLogin })}
            />
            <SwitchSetting
              name="notifyNewClusters"
              words={words.notifyNewClusters}
              isOn={settings.notifyNewClusters}
              patch={(notifyNewClusters) => ({ notifyNewClusters })}
            />
          </>
        )}
        <SwitchSetting
          name="reopenAtStart"
          words={words.reopenAtStart}
          isOn={settings.reopenAtStart}
          patch={(reopenAtStart) => ({ reopenAtStart })}
        />
        <ChoiceSetting
          name="favouritesOrder"
          words={words.favouritesOrder}
          value={settings.favouritesOrder}
          options={words.favouritesOrders}
          patch={(favouritesOrder) => ({ favouritesOrder })}
        />
        <ChoiceSetting
          name="listGroup"
          words={words.listGroup}
          value={settings.listGroup}
          options={text.filters.groups}
          patch={(listGroup) => ({ listGroup })}
        />
      </Group>
      <Group title={words.kubectl}>
        <ChoiceSetting
          name="kubeconfigMode"
          words={words.kubeconfigMode}
          value={settings.kubeconfigMode}
          options={words.kubeconfigModes}
          patch={(kubeconfigMode) => ({ kubeconfigMode })}
        />
        <SwitchSetting
          name="keepEntries"
          words={words.keepEntries}
          isOn={settings.keepEntries}
          patch={(keepEntries) => ({ keepEntries })}
        />
        <SwitchSetting
          name="credentialStartsAgent"
          words={words.credentialStartsAgent}
          isOn={settings.credentialStartsAgent}
          patch={(credentialStartsAgent) => ({ credentialStartsAgent })}
        />
        <TextSetting
          name="kubeconfigPath"
          words={words.kubeconfigPath}
          value={settings.kubeconfigPath}
          placeholder="~/.kube/config"
          patch={(kubeconfigPath) => ({ kubeconfigPath })}
        />
      </Group>
      <Group title={words.discovery}>
        <SwitchSetting
          name="firstRun"
          words={words.firstRun}
          isOn={settings.firstRun}
          patch={(firstRun) => ({ firstRun })}
        />
        <TextSetting
          name="catalogMaxAgeMinutes"
          words={words.catalogMaxAgeMinutes}
          value={String(settings.catalogMaxAgeMinutes)}
          isShort
          patch={(minutes) => ({ catalogMaxAgeMinutes: Number(minutes) })}
        />
        <TextSetting
          name="awsPortals"
          words={words.awsPortals}
          value={settings.awsPortals.join(', ')}
          patch={(portals) => ({ awsPortals: listOf(portals) })}
        />
        <TextSetting
          name="awsRegions"
          words={words.awsRegions}
          value={settings.awsRegions.join(', ')}
          patch={(regions) => ({ awsRegions: listOf(regions) })}
        />
        <TextSetting
          name="vaultMounts"
          words={words.vaultMounts}
          value={settings.vaultMounts.join(', ')}
          patch={(mounts) => ({ vaultMounts: listOf(mounts) })}
        />
        <TextSetting
          name="clusterFiles"
          words={words.clusterFiles}
          value={settings.clusterFiles.join(', ')}
          patch={(files) => ({ clusterFiles: listOf(files) })}
        />
      </Group>
      <Group title={text.organisation.title}>
        <OrganisationGroup onSetUp={onSetUp} onReview={onReview} />
      </Group>
      <Group title={words.trust}>
        <TextSetting
          name="extraAuthorities"
          words={words.extraAuthorities}
          value={settings.extraAuthorities}
          patch={(extraAuthorities) => ({ extraAuthorities })}
        />
      </Group>
      <Group title={words.signIns}>
        <div className="setting" data-wide>
          <span className="setting-title">{words.signInsTitle}</span>
          <small>{words.signInsKept[signIns]}</small>
        </div>
      </Group>
      <p className="about">
        {text.product} {version} · <LicencesButton />
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
