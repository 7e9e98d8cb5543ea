import { setTimeout as pause } from 'node:timers/promises';
import { openAuditReader } from '../../agent/audit/reader.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { AppError } from '../../model/app-error.ts';
import type { AuditEntry, AuditRequest } from '../../model/audit-entry.ts';
import { plural } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { timeText } from '../time-text.ts';

export interface AuditFlags {
  readonly limit?: string;
  readonly cluster?: string;
  readonly refused?: true;
  readonly follow?: true;
}

const defaultLimit = 50;
const mostEntries = 100_000;
const lookEveryMs = 500;

/**
 * Shows the requests that were recorded, the newest last. Reads the files itself, so that no agent is needed. With
 * `follow`, goes on until the process ends. Throws `bad-input` for a wrong limit.
 */
export async function runAudit(
  { limit = String(defaultLimit), cluster, refused, follow }: AuditFlags,
  { json }: { readonly json: boolean },
): Promise<number> {
  const most = /^\d{1,6}$/.test(limit) ? Number(limit) : 0;
  if (most < 1 || most > mostEntries)
    throw new AppError('bad-input', `--limit is "${limit}", which is not a number from 1 to ${mostEntries}.`);
  const fits = (entry: AuditEntry) =>
    entry.event === 'lost' ||
    ((cluster === undefined || isOf(entry, cluster)) && (refused === undefined || isRefused(entry)));
  const reader = openAuditReader(pathsFrom(process.env).state);
  const print = (entries: readonly AuditEntry[]) => {
    if (!json) writeLines(table(entries.map(row)));
    else for (const entry of entries) writeJson(entry);
  };
  try {
    const entries = reader.last(most, fits);
    if (follow !== true) {
      if (json) writeJson({ entries });
      else if (entries.length === 0) writeLines(['No requests were recorded.']);
      else print(entries);
      return exitCodes.ok;
    }
    print(entries);
    while (!process.stdout.destroyed) {
      await pause(lookEveryMs);
      print(reader.next().filter(fits));
    }
    return exitCodes.ok;
  } finally {
    reader.close();
  }
}

/** Prints the counters of the agent as OpenMetrics text. */
export async function runAuditMetrics({ client, json, orInterrupted }: Session): Promise<number> {
  const { text } = await orInterrupted(client.call('audit-metrics', {}));
  if (json) writeJson({ text });
  else process.stdout.write(text);
  return exitCodes.ok;
}

function isOf({ cluster, title }: AuditRequest, word: string): boolean {
  const name = word.toLowerCase();
  return cluster === word || title.toLowerCase() === name || cluster.toLowerCase().endsWith(`/${name}`);
}

/** By the proxy, or by the API server. */
function isRefused({ refused, status }: AuditRequest): boolean {
  return refused === true || status === 401 || status === 403;
}

function row(entry: AuditEntry): readonly string[] {
  const at = paint('dim', timeText(entry.at));
  if (entry.event === 'lost')
    return [
      at,
      paint('yellow', '!'),
      plural(entry.count, { one: '# entry', other: '# entries' }),
      'not written',
    ];
  const { title, client = '', readOnly, bytes, ms } = entry;
  return [
    at,
    mark(entry),
    printable(title),
    printable(client),
    readOnly === true ? 'read-only' : '',
    printable(actText(entry)),
    printable(objectText(entry)),
    statusText(entry),
    entry.event === 'opened' ? '' : `${bytes} B`,
    `${ms} ms`,
  ];
}

function mark(entry: AuditRequest): string {
  if (isRefused(entry)) return paint('red', '✗');
  const { status = 500 } = entry;
  return status < 400 ? '·' : paint('yellow', '!');
}

/** Names an act as RBAC does: `get pods/log`. */
function actText({ verb, group, resource, subresource, path }: AuditRequest): string {
  if (resource === undefined) return `${verb} ${path ?? ''}`.trimEnd();
  const within = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${group === undefined ? within : `${within}.${group}`}`;
}

function objectText({ namespace, name }: AuditRequest): string {
  if (namespace === undefined) return name ?? '';
  return name === undefined ? `${namespace}/` : `${namespace}/${name}`;
}

function statusText({ event, status, refused, incomplete }: AuditRequest): string {
  const code = status === undefined ? 'no answer' : String(status);
  if (refused === true) return `${code}, refused here`;
  if (event === 'opened') return `${code}, open`;
  if (event === 'closed') return `${code}, closed`;
  return incomplete === true && status !== undefined ? `${code}, incomplete` : code;
}
