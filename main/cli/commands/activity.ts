import type { ActivityEntry } from '../../model/activity-entry.ts';
import { AppError } from '../../model/app-error.ts';
import { listed, plural } from '../../model/wording.ts';
import { clientFailureText, stageText } from '../cluster-view.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { timeText } from '../time-text.ts';
import { accountTitle } from './accounts.ts';

const defaultLimit = 50;

/** Shows recent events, the newest last as in a log. Rejects with `bad-input` for a wrong limit. */
export async function runActivity(
  { client, json, progress, orInterrupted }: Session,
  { limit = String(defaultLimit) }: { readonly limit?: string | undefined },
): Promise<number> {
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > 500)
    throw new AppError('bad-input', `--limit is "${limit}", which is not a number from 1 to 500.`);
  progress.update('Asking the agent');
  const { entries } = await orInterrupted(client.call('activity', { limit: Number(limit) }));
  progress.end();
  if (json) writeJson({ entries });
  else if (entries.length === 0) writeLines(['No recent events.']);
  else writeLines(table(entries.toReversed().map(row)));
  return exitCodes.ok;
}

function row(entry: ActivityEntry): readonly string[] {
  return [paint('dim', timeText(entry.at)), mark(entry), ...wordsOf(entry).map(printable)];
}

function mark(entry: ActivityEntry): string {
  switch (entry.kind) {
    case 'failed':
      return paint('red', '✗');
    case 'interrupted':
    case 'sign-in-ended':
    case 'refused':
    case 'unlocked':
      return paint('yellow', '!');
    case 'connected':
    case 'reconnected':
    case 'signed-in':
      return paint('green', '●');
    default:
      return '·';
  }
}

const openers = {
  person: '',
  kubectl: 'opened for kubectl, ',
  agent: 'opened again, ',
} as const;

const lockedBy = {
  user: 'by you',
  time: 'because the time was up',
  session: 'because the session or its secret ended',
  disconnect: 'with the tunnel',
  agent: 'with the agent',
  rule: 'because it no longer opens read-only',
} as const;

/** Describes an event: what it is about, and what happened. */
function wordsOf(entry: ActivityEntry): readonly [about: string, what: string] {
  switch (entry.kind) {
    case 'connected':
      return [entry.title, `connected: ${openers[entry.by]}${Math.round(entry.ms)} ms`];
    case 'reconnected':
      return [entry.title, `connected again after ${span(entry.awayMs)}`];
    case 'interrupted':
    case 'failed': {
      const { stage, error } = entry.failure;
      const what = entry.kind === 'failed' ? 'failed' : 'interrupted';
      return [
        entry.title,
        `${what}${stage === undefined ? '' : ` ${stageText(stage)}`}: ${error.code}: ${error.message} ${error.hint ?? ''}`.trimEnd(),
      ];
    }
    case 'client-failed':
      return [entry.title, clientFailureText(entry)];
    case 'closed':
      return [entry.title, entry.by === 'person' ? 'disconnected' : 'closed with the agent'];
    case 'refused':
      return [entry.title, `refused on port ${entry.port}: ${refusedText(entry)}`];
    case 'kubectl':
      return [
        'kubectl',
        entry.context === undefined ? 'current context: none' : `current context: ${entry.context}`,
      ];
    case 'signed-in':
      return [accountOf(entry), `signed in${entry.who === undefined ? '' : ` as ${entry.who}`}`];
    case 'signed-out':
      return [accountOf(entry), 'signed out'];
    case 'sign-in-ended':
      return [accountOf(entry), `session ended. ${entry.message ?? ''}`.trimEnd()];
    case 'discovery': {
      const { clusters, added, gone, failed, places } = entry;
      const named = ({ count, titles }: typeof added, word: string) =>
        count === 0 ? [] : [`${plural(count, { other: `# ${word}` })} (${listed(titles, count)})`];
      return [
        'discovery',
        [
          plural(clusters, { one: '# cluster', other: '# clusters' }),
          ...named(added, 'new'),
          ...named(gone, 'gone'),
          ...(failed === 0
            ? []
            : [`could not load ${failed} of ${plural(places, { one: '# location', other: '# locations' })}`]),
        ].join(', '),
      ];
    }
    case 'unlocked':
      return [
        entry.title,
        `unlocked for ${span(entry.until - entry.since)} by ${entry.who}. Reason: ${entry.reason}`,
      ];
    case 'locked':
      return [
        entry.title,
        `locked ${lockedBy[entry.by]}, after ${span(entry.at - entry.since)} as ${entry.who}. Reason: ${entry.reason}`,
      ];
    case 'settings':
      return ['settings', `changed: ${listed(entry.names)}`];
    case 'release':
      return ['k8s-tunnels', `${entry.version} is out`];
  }
}

function refusedText({
  reason,
  account,
  process: program,
}: Extract<ActivityEntry, { kind: 'refused' }>): string {
  const by = program === undefined ? '' : ` by ${program.name} (process ${program.pid})`;
  switch (reason) {
    case 'account':
      return `a program of the account ${account ?? 'unknown'}`;
    case 'password':
      return `a wrong password${by}`;
    case 'tls':
      return `TLS to the proxy${by}`;
    case 'form':
      return `the entry form does not serve a program${by}`;
  }
}

function accountOf({
  provider,
  session,
}: Extract<ActivityEntry, { kind: 'signed-in' | 'signed-out' | 'sign-in-ended' }>): string {
  return accountTitle({ provider, session });
}
