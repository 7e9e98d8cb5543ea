import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { duration, latency, listed } from '../../main/model/wording.ts';
import { accountsText } from '../accounts/text.ts';
import { releasesText } from '../releases/text.ts';
import { settingsText } from '../settings/text.ts';
import { couldNotLoad } from '../text/counts.ts';
import { activityText } from './text.ts';

/** An entry as text: the subject is between `before` and `after`. */
export interface EntryView {
  readonly tone: 'good' | 'attention' | 'danger' | 'plain';
  readonly before?: string;
  readonly subject?: string;
  /** The cluster that the subject links to. */
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
        ...about(entry, 'good', activityText.connected),
        detail: joined(activityText.by[entry.by], latency(entry.ms)),
      };
    case 'reconnected':
      return {
        ...about(entry, 'good', activityText.reconnected),
        detail: activityText.away(duration(entry.awayMs)),
      };
    case 'interrupted': {
      const { stage } = entry.failure;
      const isUp = stage === 'tls' || stage === 'readyz';
      return {
        ...about(entry, 'attention', isUp ? activityText.unready : activityText.interrupted),
        detail: reasonOf(entry),
      };
    }
    case 'failed':
      return { ...about(entry, 'danger', activityText.failed), detail: reasonOf(entry) };
    case 'closed':
      return {
        ...about(entry, 'plain', activityText.closed),
        detail: entry.by === 'agent' ? activityText.closedByAgent : undefined,
      };
    case 'refused': {
      const { reason, account, process } = entry;
      const program = process === undefined ? undefined : activityText.process(process.name, process.pid);
      return {
        ...about(entry, 'attention', activityText.refused(entry.port)),
        detail: joined(activityText.refusedFor[reason], reason === 'account' ? account : program),
      };
    }
    case 'client-failed': {
      const { process, isCut } = entry;
      const program = process === undefined ? undefined : activityText.process(process.name, process.pid);
      return {
        ...about(entry, 'attention', isCut ? activityText.clientCut : activityText.clientFailed),
        detail: joined(program, reasonOf(entry)),
      };
    }
    case 'kubectl':
      return entry.context === undefined
        ? { tone: 'plain', before: activityText.noContext }
        : { tone: 'plain', before: activityText.context, subject: entry.context, cluster: entry.cluster };
    case 'signed-in':
      return {
        tone: 'good',
        before: activityText.signedIn(accountsText.providers[entry.provider]),
        detail: joined(entry.who, entry.session),
      };
    case 'signed-out':
      return {
        tone: 'plain',
        before: activityText.signedOut(accountsText.providers[entry.provider]),
        detail: entry.session,
      };
    case 'sign-in-ended':
      return {
        tone: 'attention',
        before: activityText.signInEnded(accountsText.providers[entry.provider]),
        detail: joined(entry.session, entry.message),
      };
    case 'discovery': {
      const { added, gone, failed, places } = entry;
      return {
        tone: failed > 0 ? 'attention' : 'plain',
        before: activityText.discovered(entry.clusters),
        detail: joined(
          added.count === 0 ? undefined : activityText.added(added.count, added.titles),
          gone.count === 0 ? undefined : activityText.gone(gone.count, gone.titles),
          failed === 0 ? undefined : couldNotLoad(failed, places),
        ),
      };
    }
    case 'unlocked':
      return {
        ...about(entry, 'attention', activityText.unlocked(duration(entry.until - entry.since))),
        detail: joined(entry.reason, entry.who),
      };
    case 'locked':
      return {
        ...about(entry, 'plain', activityText.locked),
        detail: joined(
          activityText.lockedBy[entry.by],
          activityText.unlockedFor(duration(entry.at - entry.since)),
          entry.reason,
          entry.who,
        ),
      };
    case 'settings':
      return { tone: 'plain', before: activityText.settings, detail: listed(entry.names.map(settingTitle)) };
    case 'release':
      return { tone: 'plain', before: releasesText.out(entry.version) };
  }
}

/** Formats an entry as one line for screen readers. */
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
  const present = parts.filter((part) => part !== undefined && part !== '');
  return present.length === 0 ? undefined : present.join(' · ');
}

/** Returns the title that the settings page uses. */
function settingTitle(name: string): string {
  const known = (settingsText as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(known) ? String(known[0]) : name;
}
