import { isDeepStrictEqual } from 'node:util';
import type { Organisation } from '../../model/organisation.ts';
import type { SetupPreview } from '../../model/organisation-view.ts';
import { type SettingName, type Settings, settingNames } from '../../model/settings.ts';
import { serviceAccountFile, type VaultMethod } from '../providers/vault/methods.ts';
import { changedFields, defaultFields, fieldsOf } from './fields.ts';
import { managedSettings } from './managed-settings.ts';
import { mergedForPilot } from './pilot-changes.ts';

/** Returns every field that a configuration sets to something other than the default, or than the current value. */
export function previewFields(next: Organisation, now: Organisation | undefined): SetupPreview['fields'] {
  const before = now === undefined ? defaultFields : fieldsOf(now);
  const after = fieldsOf(next);
  const changed = new Map(changedFields(after, before).map((change) => [change.field, change]));
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((field) => {
    if (field === 'version' || field === 'name') return [];
    const change = changed.get(field);
    if (change === undefined && after.get(field)?.exact === defaultFields.get(field)?.exact) return [];
    const value = after.get(field)?.shown ?? '';
    return [
      { field, value, ...(change === undefined || now === undefined ? {} : { before: change.before }) },
    ];
  });
}

/** Returns the settings that users cannot change under a configuration. */
export function lockedSettings(organisation: Organisation | undefined): SettingName[] {
  return [...(managedSettings(organisation)?.locked ?? [])];
}

/** Returns the settings that change under `next`, or become locked. */
export function previewSettings(options: {
  readonly next: Organisation;
  readonly now: Organisation | undefined;
  /** The settings under each of the two. */
  readonly settings: { readonly before: Settings; readonly after: Settings };
}): SetupPreview['settings'] {
  const { next, now, settings } = options;
  const { before, after } = settings;
  return settingNames.flatMap((name) => {
    const locked = lockedSettings(next).includes(name);
    const wasLocked = lockedSettings(now).includes(name);
    if (locked === wasLocked && isDeepStrictEqual(before[name], after[name])) return [];
    return [{ name, value: textOf(after[name]), before: textOf(before[name]), locked }];
  });
}

const linkKeyRemark =
  'It is signed with the key that the link itself brought. This proves nothing about who made it: compare the key with the one that your organisation publishes.';

/** The files that `vaultSignIn` reads. */
function filesSentBy(login: VaultMethod | undefined): readonly string[] {
  if (login?.method === 'approle')
    return [login.roleIdFile, login.secretIdFile].filter((file) => file !== undefined);
  return login?.method === 'kubernetes' ? [login.jwtFile ?? serviceAccountFile] : [];
}

/** Returns what the user should know before they accept, also if they come to be in the pilot group. */
export function previewRemarks(options: Parameters<typeof remarksOn>[0]): string[] {
  const { next } = options;
  return [...new Set([...remarksOn(options), ...remarksOn({ ...options, next: mergedForPilot(next) })])];
}

function remarksOn(options: {
  readonly next: Organisation;
  /**
   * Who gave the signing key: `link` means that it came with the configuration's own link. Undefined if nothing signs
   * it.
   */
  readonly keyFrom: 'user' | 'link' | undefined;
  readonly host: string | undefined;
  /** The managed file that takes precedence. */
  readonly managed: string | undefined;
}): string[] {
  const { next, keyFrom, host, managed } = options;
  const files = [...(next.sources?.files ?? []), ...(next.defaults?.clusterFiles ?? [])];
  const [ownVault, ...vaults] = (next.sources?.vault?.addresses ?? []).map(({ address }) => address);
  const otherVaults = vaults.filter(
    (address) => URL.parse(address)?.origin !== URL.parse(ownVault ?? '')?.origin,
  );
  return [
    ...(managed === undefined ? [] : [`While ${managed} exists, it takes precedence.`]),
    ...(next.access?.team === undefined
      ? []
      : [`You sign in to ${next.access.team} only; clusters of other Access teams are denied.`]),
    ...(next.access?.serviceTokens ?? []).map(
      ({ hostnames, clientSecretFile }) =>
        `The service token of ${clientSecretFile}, if it exists, is sent to ${hostnames.join(', ')}.`,
    ),
    ...(ownVault === undefined ? [] : [`Your Vault token is sent to ${ownVault}, unless VAULT_ADDR is set.`]),
    ...(otherVaults.length === 0
      ? []
      : [`You sign in to Vault at ${otherVaults.join(', ')}, each with a session of its own.`]),
    ...(next.sources?.vault?.addresses ?? []).flatMap(({ address, login }) => {
      const sent = filesSentBy(login);
      return sent.length === 0 ? [] : [`The content of ${sent.join(' and ')} is sent to ${address}.`];
    }),
    ...(files.length === 0
      ? []
      : [`Clusters are read from ${files.join(', ')}, which can name programs to run for a credential.`]),
    ...(next.sources?.catalog === undefined
      ? []
      : [
          `Clusters are listed by the catalog at ${new URL(next.sources.catalog.url).host}, where you sign in to Cloudflare Access.`,
        ]),
    ...(next.releases?.url === undefined
      ? []
      : [
          `New versions are looked up at ${new URL(next.releases.url).host}. They are not installed automatically.`,
        ]),
    ...(next.connectors.includes('direct')
      ? ['A cluster may be reached directly, with no tunnel and no Access.']
      : []),
    ...(next.production.readOnly === true
      ? ['Production clusters open read-only: you unlock one for a time, with a reason.']
      : []),
    ...(next.defaults?.extraAuthorities === undefined
      ? []
      : [`The additional CA certificates in ${next.defaults.extraAuthorities} are trusted.`]),
    ...(next.defaults?.kubeconfigPath === undefined
      ? []
      : [`Contexts are written to ${next.defaults.kubeconfigPath}.`]),
    ...(next.signing === undefined || keyFrom === 'user'
      ? []
      : ['The keys that it lists (signing.publicKeys) count only if you give one of them: --key.']),
    ...(keyFrom === 'link' ? [linkKeyRemark] : []),
    ...(keyFrom !== undefined || host === undefined
      ? []
      : [
          `It is not signed: anyone who controls ${host} can change it. A change of hosts, team, Vault, CA certificates or files waits for your consent.`,
        ]),
  ];
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
