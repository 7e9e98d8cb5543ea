import { isDeepStrictEqual } from 'node:util';
import { type Settings, settingNames } from '../settings/settings.ts';
import { type Organisation, organisationSchema } from './schema.ts';
import type { SetupPreview } from './view.ts';

/** What stands where a configuration says nothing. */
const usual = fieldsOf(organisationSchema.parse({ version: 1, name: '-' }));

/** Every field that a configuration sets otherwise than usual, or otherwise than now. */
export function previewFields(next: Organisation, now: Organisation | undefined): SetupPreview['fields'] {
  const before = now === undefined ? usual : fieldsOf(now);
  const after = fieldsOf(next);
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((field) => {
    const value = after.get(field) ?? '';
    const old = before.get(field) ?? '';
    if (field === 'version' || field === 'name') return [];
    if (value === old && value === (usual.get(field) ?? '')) return [];
    return [{ field, value, ...(value === old || now === undefined ? {} : { before: old }) }];
  });
}

/** The settings that change under `next`, or can no longer be changed. */
export function previewSettings(options: {
  readonly next: Organisation;
  readonly now: Organisation | undefined;
  /** The person's settings as they are under an organisation's configuration. */
  readonly settingsUnder: (organisation: Organisation | undefined) => Settings;
}): SetupPreview['settings'] {
  const { next, now, settingsUnder } = options;
  const before = settingsUnder(now);
  const after = settingsUnder(next);
  return settingNames.flatMap((name) => {
    const locked = next.locked?.includes(name) ?? false;
    const wasLocked = now?.locked?.includes(name) ?? false;
    if (locked === wasLocked && isDeepStrictEqual(before[name], after[name])) return [];
    return [{ name, value: textOf(after[name]), before: textOf(before[name]), locked }];
  });
}

/** What a person should know before they agree. */
export function previewRemarks(options: {
  readonly next: Organisation;
  readonly isSigned: boolean;
  readonly host: string | undefined;
  /** The managed file that counts instead. */
  readonly managed: string | undefined;
}): string[] {
  const { next, isSigned, host, managed } = options;
  const files = [...(next.sources?.files ?? []), ...(next.defaults?.clusterFiles ?? [])];
  const vaults = (next.sources?.vault?.addresses ?? []).map(({ address }) => address);
  return [
    ...(managed === undefined ? [] : [`While ${managed} is there, that counts instead.`]),
    ...(next.access?.team === undefined
      ? []
      : [`You sign in to ${next.access.team} only; clusters of another Access team are refused.`]),
    ...(next.access?.serviceTokens ?? []).map(
      ({ hostnames, clientSecretFile }) =>
        `The service token of ${clientSecretFile}, where it is there, is shown to ${hostnames.join(', ')}.`,
    ),
    ...(vaults.length === 0 ? [] : [`Your Vault token is sent to ${vaults.join(', ')}.`]),
    ...(files.length === 0
      ? []
      : [`Clusters are read from ${files.join(', ')}, which can name programs to run for a credential.`]),
    ...(next.releases?.url === undefined
      ? []
      : [`New versions are asked for at ${new URL(next.releases.url).host}, and a person installs them.`]),
    ...(next.connectors.includes('direct')
      ? ['A cluster may be reached directly, with no tunnel and no Access.']
      : []),
    ...(next.defaults?.extraAuthorities === undefined
      ? []
      : [`Certificates of the authorities in ${next.defaults.extraAuthorities} are trusted.`]),
    ...(isSigned || host === undefined
      ? []
      : [`It is not signed: whoever controls ${host} can change it later, and you are told of a change.`]),
  ];
}

/** A document as `a.b[0].c` and text. The OAuth client's secret stays out. */
function fieldsOf(value: unknown, at = ''): ReadonlyMap<string, string> {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return new Map(value.flatMap((item, index) => [...fieldsOf(item, `${at}[${index}]`)]));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[at, at.endsWith('.secret') ? 'set' : textOf(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : [...fieldsOf(item, at === '' ? key : `${at}.${key}`)],
    ),
  );
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
