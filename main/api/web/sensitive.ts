import { isDeepStrictEqual } from 'node:util';
import { isFileSource } from '../../agent/organisation/source.ts';
import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Consent } from '../../model/consent.ts';
import type { OrganisationView, SetupPreview } from '../../model/organisation-view.ts';
import type { SettingName, Settings } from '../../model/settings.ts';
import type { Input, OperationName } from '../contract.ts';
import type { AgentClient } from '../conversation.ts';

/** A page's request that can run a program, read a file or extend trust. */
export type Question =
  | { readonly kind: 'settings'; readonly changes: readonly SettingChange[] }
  /** Without a source: the pending version of the current configuration. */
  | { readonly kind: 'setup'; readonly preview: SetupPreview; readonly source: string | undefined }
  /** The page would see parts of a file. */
  | { readonly kind: 'setup-file'; readonly source: string }
  | { readonly kind: 'setup-remove'; readonly organisation: OrganisationView | undefined }
  /** A cluster's API server would receive the user's ID token. */
  | { readonly kind: 'allow'; readonly consent: Consent }
  /** The user could write to a production cluster that opens read-only. */
  | { readonly kind: 'unlock'; readonly cluster: string; readonly title: string; readonly reason: string }
  /** A terminal app would open on this computer. */
  | { readonly kind: 'terminal'; readonly cluster: string; readonly title: string };

export interface SettingChange {
  readonly name: SettingName;
  readonly before: string;
  readonly after: string;
  readonly isReset: boolean;
  readonly why: string;
}

/** Settings that a page cannot change alone, each with its effect. */
const sensitiveSettings: { readonly [N in SettingName]?: string } = {
  auditExport: 'A record of each request to your clusters is sent there.',
  audit: 'Off: requests to your clusters are not recorded.',
  clusterFiles: 'Clusters of these files can run programs as you.',
  environmentFile: 'Variables of this file can name programs to run as you.',
  extraAuthorities: 'Servers with a certificate of these authorities are trusted.',
  kubeconfigPath: 'This file is read and edited.',
  productionReadOnly: 'Off: every client can write to production clusters.',
  terminal: 'This program runs when you open a terminal.',
  startAtLogin: 'The desktop app starts when you log in.',
};

type Rule<N extends OperationName> =
  | 'free'
  /** Denied to pages: the window never calls it. */
  | 'never'
  /** Returns the question for the user, or undefined if the call changes nothing sensitive. */
  | ((input: Input<N>, agent: Pick<AgentClient, 'call'>) => Promise<Question | undefined>);

/** Classifies every operation of the contract. A new operation must be added here. */
export const pageRules: { readonly [N in OperationName]: Rule<N> } = {
  snapshot: 'free',
  discover: 'free',
  connect: 'free',
  retry: 'free',
  disconnect: 'free',
  forget: 'free',
  rotate: 'free',
  'kubeconfig-file': 'never',
  'kubeconfig-file-end': 'never',
  switch: 'free',
  async unlock({ cluster, reason }, agent) {
    const { clusters } = await agent.call('snapshot', {});
    const { title = cluster } = clusters.find(({ id }) => id === cluster) ?? {};
    return { kind: 'unlock', cluster, title, reason };
  },
  lock: 'free',
  'read-only-file': 'free',
  // It sends nothing but GET.
  compare: 'free',
  contexts: 'free',
  'connect-preview': 'free',
  'kubeconfig-history': 'never',
  'kubeconfig-diff': 'never',
  'kubeconfig-undo': 'never',
  'kubeconfig-repair': 'never',
  isolate: 'never',
  'mcp-open': 'never',
  'mcp-check': 'never',
  'mcp-end': 'free',
  'confirmation-answer': 'free',
  'terminal-follow': 'never',
  'terminal-end': 'never',
  async 'terminal-open'({ cluster }, agent) {
    const { clusters } = await agent.call('snapshot', {});
    const { title = cluster } = clusters.find(({ id }) => id === cluster) ?? {};
    return { kind: 'terminal', cluster, title };
  },
  kubectl: 'free',
  credential: 'never',
  consent: 'free',
  async allow({ cluster, digest }, agent) {
    const { consent } = await agent.call('consent', { cluster });
    if (consent?.digest === digest) return { kind: 'allow', consent };
    throw new AppError('bad-input', `${cluster} now requests something else.`, {
      hint: 'Review the new request and answer that.',
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
  'groups-collapse': 'free',
  policies: 'free',
  activity: 'free',
  history: 'free',
  'audit-metrics': 'never',
  metrics: 'never',
  'settings-get': 'free',
  async 'settings-set'(patch, agent) {
    if (Object.keys(patch).every((name) => !(name in sensitiveSettings))) return undefined;
    return changesOf(patch, false, await agent.call('settings-get', {}));
  },
  async 'settings-reset'({ names }, agent) {
    if (names.every((name) => !(name in sensitiveSettings))) return undefined;
    const settings = await agent.call('settings-get', {});
    // Only the agent knows the value after a reset: the organisation's, or the default.
    const own = names.filter((name) => settings.settingsFrom[name] === 'user');
    return changesOf(Object.fromEntries(own.map((name) => [name, undefined])), true, settings);
  },
  async 'setup-preview'({ source }) {
    // Without a source, the preview is of what the agent has already loaded.
    return source === undefined || !isFileSource(source) ? undefined : { kind: 'setup-file', source };
  },
  async 'setup-apply'({ source, key, digest }, agent) {
    const asked = { ...(source === undefined ? {} : { source }), ...(key === undefined ? {} : { key }) };
    const preview = await agent.call('setup-preview', asked);
    if (preview.digest === digest) return { kind: 'setup', preview, source };
    throw new AppError('organisation-refused', `${preview.place} has changed since it was shown.`, {
      hint: 'Review the current version and accept that.',
    });
  },
  async 'setup-remove'(_, agent) {
    const { organisation } = await agent.call('snapshot', {});
    return { kind: 'setup-remove', organisation };
  },
  'setup-show': 'free',
  // A refresh only reloads the known source, as the agent does daily.
  'setup-refresh': 'free',
  'hand-over': 'never',
  quit: 'never',
};

/** Returns the terminal command for the same change, with placeholders for a page's words that are not safe. */
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
    case 'terminal':
      return command`k8s-tunnels shell ${plain(question.cluster, 'CLUSTER')}`;
    case 'unlock':
      return command`k8s-tunnels unlock ${plain(question.cluster, 'CLUSTER')} --reason TEXT`;
    case 'allow':
      return command`k8s-tunnels login oidc --allow ${plain(question.consent.cluster, 'CLUSTER')}`;
  }
}

/**
 * Returns the word if every shell reads it literally, otherwise the placeholder: a page chose it, and a user may paste
 * it.
 */
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
