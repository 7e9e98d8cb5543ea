import { useAgent } from '../agent/page.tsx';
import { clustersText } from '../clusters/text.ts';
import { SubPage } from '../controls/sub-page.tsx';
import { headerText } from '../header/text.ts';
import { LicencesButton } from '../licences/licences.tsx';
import { AdvancedSettings } from './advanced-settings.tsx';
import { Group } from './group.tsx';
import { listOf } from './list-of.ts';
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
        <ChoiceSetting
          name="theme"
          words={settingsText.theme}
          value={settings.theme}
          options={settingsText.themes}
          patch={(theme) => ({ theme })}
        />
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
        <SwitchSetting
          name="productionReadOnly"
          words={settingsText.productionReadOnly}
          isOn={settings.productionReadOnly}
          patch={(productionReadOnly) => ({ productionReadOnly })}
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
      </Group>
      <Group title={settingsText.discovery}>
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
      <Group title={settingsText.signIns}>
        <div className="setting" data-wide>
          <span className="setting-title">{settingsText.signInsTitle}</span>
          <small>{settingsText.signInsKept[signIns]}</small>
        </div>
      </Group>
      <AdvancedSettings />
      <p className="about">
        {headerText.product} {version} · <LicencesButton />
      </p>
    </SubPage>
  );
}
