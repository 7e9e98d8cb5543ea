import { isDeepStrictEqual } from 'node:util';
import { isFileSource } from '../../agent/organisation/source.ts';
import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Consent } from '../../model/consent.ts';
import type { OrganisationView, SetupPreview } from '../../model/organisation-view.ts';
import type { SettingName, Settings } from '../../model/settings.ts';
import type { Input, OperationName } from '../contract.ts';
import type { AgentClient } from '../conversation.ts';

/** What a page wants to change that leads to running a program, reading a file or trusting somebody else. */
export type Question =
  | { readonly kind: 'settings'; readonly changes: readonly SettingChange[] }
  /** Without a source, the new version that waits for consent. */
  | { readonly kind: 'setup'; readonly preview: SetupPreview; readonly source: string | undefined }
  /** The content of a file would be shown in part. */
  | { readonly kind: 'setup-file'; readonly source: string }
  | { readonly kind: 'setup-remove'; readonly organisation: OrganisationView | undefined }
  /** A cluster's API server would receive the user's id token. */
  | { readonly kind: 'allow'; readonly consent: Consent };

export interface SettingChange {
  readonly name: SettingName;
  readonly before: string;
  readonly after: string;
  readonly isReset: boolean;
  readonly why: string;
}

/** The settings that a page alone does not change, and what each leads to. */
const sensitiveSettings: { readonly [N in SettingName]?: string } = {
  clusterFiles: 'Clusters of these files can run programs as you.',
  extraAuthorities: 'Servers with a certificate of these authorities are trusted.',
  kubeconfigPath: 'This file is read and edited.',
  startAtLogin: 'The desktop app starts when you log in.',
};

type Rule<N extends OperationName> =
  | 'free'
  /** Not for pages: the window does not ask it. */
  | 'never'
  /** The question for the user, or undefined where nothing of the kind changes. */
  | ((input: Input<N>, agent: Pick<AgentClient, 'call'>) => Promise<Question | undefined>);

/** Every operation of the contract: a new one has to be placed here. */
export const pageRules: { readonly [N in OperationName]: Rule<N> } = {
  snapshot: 'free',
  discover: 'free',
  connect: 'free',
  retry: 'free',
  disconnect: 'free',
  forget: 'free',
  rotate: 'free',
  switch: 'free',
  kubectl: 'free',
  credential: 'never',
  consent: 'free',
  async allow({ cluster, digest }, agent) {
    const { consent } = await agent.call('consent', { cluster });
    if (consent?.digest === digest) return { kind: 'allow', consent };
    throw new AppError('bad-input', `${cluster} asks for something else now.`, {
      hint: 'Look at what it asks for, and answer that.',
    });
  },
  accounts: 'free',
  findings: 'free',
  login: 'free',
  logout: 'free',
  favourite: 'free',
  'favourites-order': 'free',
  'set-save': 'free',
  'set-remove': 'free',
  policies: 'free',
  activity: 'free',
  history: 'free',
  'settings-get': 'free',
  async 'settings-set'(patch, agent) {
    if (Object.keys(patch).every((name) => !(name in sensitiveSettings))) return undefined;
    return changesOf(patch, false, await agent.call('settings-get', {}));
  },
  async 'settings-reset'({ names }, agent) {
    if (names.every((name) => !(name in sensitiveSettings))) return undefined;
    const settings = await agent.call('settings-get', {});
    // What counts afterwards is known to the agent alone: the organisation's value, or the default.
    const own = names.filter((name) => settings.settingsFrom[name] === 'user');
    return changesOf(Object.fromEntries(own.map((name) => [name, undefined])), true, settings);
  },
  async 'setup-preview'({ source }) {
    // Without a source it is what the agent has read already.
    return source === undefined || !isFileSource(source) ? undefined : { kind: 'setup-file', source };
  },
  async 'setup-apply'({ source, key, digest }, agent) {
    const asked = { ...(source === undefined ? {} : { source }), ...(key === undefined ? {} : { key }) };
    const preview = await agent.call('setup-preview', asked);
    if (preview.digest === digest) return { kind: 'setup', preview, source };
    throw new AppError('organisation-refused', `${preview.place} has changed since it was shown.`, {
      hint: 'Look at what it says now, and agree to that.',
    });
  },
  async 'setup-remove'(_, agent) {
    const { organisation } = await agent.call('snapshot', {});
    return { kind: 'setup-remove', organisation };
  },
  // Only from where it was set up, as the agent itself does every day.
  'setup-refresh': 'free',
  'hand-over': 'never',
  quit: 'never',
};

/** The command that does the same in a terminal, as far as a page's words may be part of one. */
export function terminalCommand(question: Question): string {
  switch (question.kind) {
    case 'settings':
      return question.changes
        .map(({ name, after, isReset }) =>
          isReset
            ? command`k8s-tunnels settings ${name} --reset`
            : command`k8s-tunnels settings ${name} ${plain(after, 'VALUE')}`,
        )
        .join(' && ');
    case 'setup':
    case 'setup-file':
      return question.source === undefined
        ? 'k8s-tunnels setup --review'
        : command`k8s-tunnels setup ${plain(question.source, 'SOURCE')}`;
    case 'setup-remove':
      return 'k8s-tunnels setup --remove';
    case 'allow':
      return command`k8s-tunnels login oidc --allow ${plain(question.consent.cluster, 'CLUSTER')}`;
  }
}

/** The page chose the word, and somebody may paste the command: what a shell might read otherwise stays out of it. */
function plain(word: string, placeholder: string): string {
  return /^[\w./:@%+=,~][\w./:@%+=,~-]{0,200}$/.test(word) ? word : placeholder;
}

function changesOf(
  patch: Readonly<Record<string, unknown>>,
  isReset: boolean,
  settings: Settings,
): Question | undefined {
  const changes = Object.entries(patch).flatMap(([key, after]): readonly SettingChange[] => {
    const name = key as SettingName;
    const why = sensitiveSettings[name];
    if (why === undefined || isDeepStrictEqual(after, settings[name])) return [];
    return [{ name, before: wordsOf(settings[name]), after: wordsOf(after), isReset, why }];
  });
  return changes.length === 0 ? undefined : { kind: 'settings', changes };
}

function wordsOf(value: unknown): string {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.join(',') : String(value);
}
