import type { SetupPreview } from '../../main/model/organisation-view.ts';
import type { SettingName } from '../../main/model/settings.ts';
import { clustersText } from '../clusters/text.ts';
import { settingsText } from '../settings/text.ts';
import { clusterText } from '../text/cluster.ts';
import { setupText } from './text.ts';

/** One field of a configuration as text. */
export interface PreviewLine {
  /** Unique among the lines. */
  readonly key: string;
  readonly title: string;
  readonly value: string;
  /** The current value, if it differs. */
  readonly before: string | undefined;
  readonly isManaged: boolean;
}

/** Text of values that are identifiers in the file. */
const choices: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubeconfigMode: settingsText.kubeconfigModes,
  entryForm: settingsText.entryForms,
  favouritesOrder: settingsText.favouritesOrders,
  theme: settingsText.themes,
  listGroup: clustersText.filters.groups,
  connectors: clusterText.connectors,
};

/** Lists the fields, except settings that change: those have their own lines. */
export function fieldLines({ fields, settings }: SetupPreview): readonly PreviewLine[] {
  const changing = new Set<string>(settings.map(({ name }) => `defaults.${name}`));
  return fields
    .filter(
      ({ field }) => !changing.has(field) && !(field === 'locked' && settings.some(({ locked }) => locked)),
    )
    .map(({ field, value, before }) => ({
      key: field,
      title: fieldTitle(field),
      value: valueText(field, value),
      before: before === undefined ? undefined : valueText(field, before),
      isManaged: false,
    }));
}

/** Lists the user's settings that change or become managed. */
export function settingLines({ settings }: SetupPreview): readonly PreviewLine[] {
  return settings.map(({ name, value, before, locked }) => ({
    key: name,
    title: settingsText[name][0],
    value: valueText(name, value),
    before: before === value ? undefined : valueText(name, before),
    isManaged: locked,
  }));
}

/** Returns a field's title; an unknown field keeps its name, so that nothing is hidden. */
export function fieldTitle(field: string): string {
  const plain = field.replace(/\[\d+\]/g, '');
  const setting = plain.startsWith('defaults.') ? plain.slice('defaults.'.length) : undefined;
  if (setting !== undefined && isSetting(setting)) return settingsText[setting][0];
  return Object.hasOwn(setupText.fields, plain) ? (setupText.fields[plain] ?? field) : field;
}

function valueText(field: string, value: string): string {
  if (value === '') return setupText.unset;
  const known = Object.hasOwn(choices, field) ? choices[field] : setupText.values;
  return value
    .split(', ')
    .map((part) => (known !== undefined && Object.hasOwn(known, part) ? (known[part] ?? part) : part))
    .join(', ');
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(settingsText, name) && Array.isArray(settingsText[name as SettingName]);
}
