import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { durationWords } from '../text/durations.ts';
import { text } from '../text/text.ts';

const words = text.activity;

/** An entry for people: what it is about stands between the words. */
export interface EntryView {
  readonly tone: 'good' | 'attention' | 'danger' | 'plain';
  readonly before?: string;
  readonly subject?: string;
  /** Whose page the subject leads to. */
  readonly cluster?: ClusterId | undefined;
  readonly after?: string;
  readonly detail?: string | undefined;
}

export function isProblem(entry: ActivityEntry): boolean {
  const { kind } = entry;
  return (
    kind === 'failed' ||
    kind === 'interrupted' ||
    kind === 'sign-in-ended' ||
    kind === 'refused' ||
    kind === 'client-failed' ||
    (kind === 'discovery' && entry.failed > 0)
  );
}

export function isOf(entry: ActivityEntry, cluster: ClusterId): boolean {
  return 'cluster' in entry && entry.cluster === cluster;
}

export function entryView(entry: ActivityEntry): EntryView {
  switch (entry.kind) {
    case 'connected':
      return {
        ...about(entry, 'good', words.connected),
        detail: joined(words.by[entry.by], text.row.latency(entry.ms)),
      };
    case 'reconnected':
      return {
        ...about(entry, 'good', words.reconnected),
        detail: words.away(durationWords(entry.awayMs)),
      };
    case 'interrupted': {
      const { stage } = entry.failure;
      const stands = stage === 'tls' || stage === 'readyz';
      return {
        ...about(entry, 'attention', stands ? words.unready : words.interrupted),
        detail: reasonOf(entry),
      };
    }
    case 'failed':
      return { ...about(entry, 'danger', words.failed), detail: reasonOf(entry) };
    case 'closed':
      return {
        ...about(entry, 'plain', words.closed),
        detail: entry.by === 'agent' ? words.closedByAgent : undefined,
      };
    case 'refused': {
      const { reason, account, process } = entry;
      const program = process === undefined ? undefined : words.process(process.name, process.pid);
      return {
        ...about(entry, 'attention', words.refused(entry.port)),
        detail: joined(words.refusedFor[reason], reason === 'account' ? account : program),
      };
    }
    case 'client-failed': {
      const { process, isCut } = entry;
      const program = process === undefined ? undefined : words.process(process.name, process.pid);
      return {
        ...about(entry, 'attention', isCut ? words.clientCut : words.clientFailed),
        detail: joined(program, reasonOf(entry)),
      };
    }
    case 'kubectl':
      return entry.context === undefined
        ? { tone: 'plain', before: words.noContext }
        : { tone: 'plain', before: words.context, subject: entry.context, cluster: entry.cluster };
    case 'signed-in':
      return {
        tone: 'good',
        before: words.signedIn(text.accounts.providers[entry.provider]),
        detail: joined(entry.who, entry.session),
      };
    case 'signed-out':
      return {
        tone: 'plain',
        before: words.signedOut(text.accounts.providers[entry.provider]),
        detail: entry.session,
      };
    case 'sign-in-ended':
      return {
        tone: 'attention',
        before: words.signInEnded(text.accounts.providers[entry.provider]),
        detail: joined(entry.session, entry.message),
      };
    case 'discovery': {
      const { added, gone, failed, places } = entry;
      return {
        tone: failed > 0 ? 'attention' : 'plain',
        before: words.discovered(entry.clusters),
        detail: joined(
          added.count === 0 ? undefined : words.added(added.count, added.titles),
          gone.count === 0 ? undefined : words.gone(gone.count, gone.titles),
          failed === 0 ? undefined : text.places.title(failed, places),
        ),
      };
    }
    case 'settings':
      return { tone: 'plain', before: words.settings, detail: entry.names.map(settingTitle).join(', ') };
    case 'release':
      return { tone: 'plain', before: text.release.out(entry.version) };
  }
}

/** All of it in one line, for who hears it. */
export function entryLine(entry: ActivityEntry): string {
  const { before, subject, after, detail } = entryView(entry);
  const line = [before, subject, after].filter((part) => part !== undefined).join(' ');
  return detail === undefined ? line : `${line}. ${detail}`;
}

function about(
  { title, cluster }: { readonly title: string; readonly cluster: ClusterId },
  tone: EntryView['tone'],
  after: string,
): EntryView {
  return { tone, subject: title, cluster, after };
}

function reasonOf({
  failure,
}: Extract<ActivityEntry, { kind: 'failed' | 'interrupted' | 'client-failed' }>): string {
  const { message, hint } = failure.error;
  return hint === undefined ? message : `${message} ${hint}`;
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const told = parts.filter((part) => part !== undefined && part !== '');
  return told.length === 0 ? undefined : told.join(' · ');
}

/** What the page of settings calls it. */
function settingTitle(name: string): string {
  const known = (text.settings as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(known) ? String(known[0]) : name;
}
