import { existsSync } from 'node:fs';
import path from 'node:path';
import { isBareAddress } from '../../agent/organisation/bare-address.ts';
import type { Output } from '../../api/contract.ts';
import { AppError } from '../../model/app-error.ts';
import { listed } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { missingLine, soonMissing } from '../missing-sign-ins.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';
import { hasTerminal, paint, printable } from '../terminal.ts';

export interface SetupFlags {
  readonly key?: string;
  readonly yes?: true;
  readonly replace?: true;
  readonly show?: true;
  readonly refresh?: true;
  readonly review?: true;
  readonly remove?: true;
}

type Preview = Output<'setup-preview'>;
type View = Output<'setup-apply'>['organisation'];

/**
 * Applies an organisation's configuration after the user has reviewed it, or shows, refreshes or removes the current
 * one.
 */
export async function runSetup(
  session: Session,
  source: string | undefined,
  flags: SetupFlags,
): Promise<number> {
  const { client, json, progress, orInterrupted } = session;
  const asked = [source !== undefined, flags.show, flags.refresh, flags.review, flags.remove].filter(Boolean);
  if (asked.length > 1)
    throw new AppError('bad-input', 'A source, --show, --refresh, --review and --remove exclude each other.');
  if (flags.refresh) {
    progress.update('Reading the configuration');
    const result = await orInterrupted(client.call('setup-refresh', {}));
    progress.end();
    if (json) writeJson(result);
    else
      writeLines([
        result.changed
          ? 'The configuration has changed.'
          : result.organisation?.pending === undefined
            ? 'No changes.'
            : 'A new configuration is waiting for your review.',
        ...viewLines(result.organisation),
      ]);
    return exitCodes.ok;
  }
  if (flags.remove) {
    const result = await client.call('setup-remove', {});
    progress.end();
    if (json) writeJson(result);
    else
      writeLines([
        result.removed ? 'Configuration removed.' : 'Nothing was configured.',
        ...viewLines(result.organisation),
      ]);
    return exitCodes.ok;
  }
  if (flags.review) return apply(session, undefined, flags);
  if (source === undefined) {
    const { organisation } = await client.call('snapshot', {});
    progress.end();
    if (json) writeJson({ organisation: organisation ?? null });
    else
      writeLines(organisation === undefined ? ['No organisation is configured.'] : viewLines(organisation));
    return exitCodes.ok;
  }
  return apply(session, placeFrom(source), flags);
}

/** Applies the configuration from `source`. Without a source, accepts the pending changes of the current one. */
async function apply(
  session: Session,
  source: string | undefined,
  { key, yes, replace }: SetupFlags,
): Promise<number> {
  const { client, json, progress, orInterrupted } = session;
  const setup = { ...(source === undefined ? {} : { source }), ...(key === undefined ? {} : { key }) };
  progress.update('Reading the configuration');
  const preview = await orInterrupted(client.call('setup-preview', setup));
  progress.end();
  if (!json) writeAside(previewLines(preview, source === undefined));
  // Skip the question if nothing changes.
  const isNothingNew = source === undefined && preview.fields.every(({ before }) => before === undefined);
  if (!yes && !(isNothingNew && key === undefined)) await confirmSetup(preview, json, source === undefined);
  const { organisation } = await client.call('setup-apply', {
    ...setup,
    digest: preview.digest,
    ...(replace ? { replace } : {}),
  });
  progress.end();
  if (json) writeJson({ preview, organisation: organisation ?? null });
  else
    writeLines([
      `${paint('green', '✓')} ${source === undefined ? 'Accepted' : 'Set up for'} ${printable(preview.name)}`,
    ]);
  // Name the next step, signing in, which `connect` offers too.
  if (!json) writeAside((await soonMissing(session)).map(missingLine));
  return exitCodes.ok;
}

/** Asks the user. Rejects with `cancelled` after a no, and with `bad-input` without a terminal. */
async function confirmSetup({ name }: Preview, json: boolean, isReview: boolean): Promise<void> {
  if (json || !hasTerminal()) {
    throw new AppError(
      'bad-input',
      'The setup needs a confirmation, and there is no terminal to ask in. Nothing was changed.',
      {
        hint: 'Check what it changes, then add --yes.',
      },
    );
  }
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({
    message: isReview
      ? `Accept the new configuration of ${printable(name)}?`
      : `Set up for ${printable(name)}?`,
    initialValue: false,
  });
  if (answer !== true) throw new AppError('cancelled', 'Nothing was changed.');
}

/**
 * Makes a file's path absolute, because the agent has another working folder. An existing file wins over an address
 * without https://.
 */
function placeFrom(source: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return source;
  return isBareAddress(source) && !existsSync(source) ? source : path.resolve(source);
}

/** Describes what a setup changes, as lines for a terminal. */
export function previewLines(preview: Preview, isReview = false): readonly string[] {
  const { name, place, settings, remarks, conflict } = preview;
  const fields = isReview ? preview.fields.filter(({ before }) => before !== undefined) : preview.fields;
  const rows = fields.map(({ field, value, before }) => [
    printable(field),
    printable(value === '' ? 'not set' : value),
    before === undefined
      ? ''
      : paint('dim', `now ${printable(before === '' ? 'not set' : before)}`, process.stderr),
  ]);
  const changes = settings.map(({ name: setting, value, before, locked }) => [
    setting,
    printable(value === '' ? 'empty' : value),
    [
      ...(value === before ? [] : [`now ${printable(before === '' ? 'empty' : before)}`]),
      ...(locked ? ['managed'] : []),
    ].join(', '),
  ]);
  return [
    `${paint('bold', printable(name), process.stderr)}, from ${printable(place)}, ${signatureWords(preview)}`,
    ...(isReview ? [rows.length === 0 ? 'No changes.' : 'Changes:'] : []),
    ...table(rows, '  '),
    ...(changes.length === 0 ? [] : ['Changed settings:', ...table(changes, '  ')]),
    ...remarks.map((remark) => `${paint('yellow', '!', process.stderr)} ${printable(remark)}`),
    ...(conflict === undefined
      ? []
      : [
          `${paint('yellow', '!', process.stderr)} It replaces ${printable(conflict.name)} from ${printable(conflict.place)}, which needs --replace.`,
        ]),
  ];
}

function signatureWords({ signed, key, unchecked }: Preview): string {
  if (signed) return `signed with the key ${key}`;
  if (key !== undefined) return `signed with the key from the link: ${key}`;
  return unchecked ? 'not signed: verify the signature beside it with --key' : 'not signed';
}

function viewLines(view: View): readonly string[] {
  if (view === undefined) return [];
  const { name, origin, place, signed, pending, readAt, team, links, locked } = view;
  const from = origin === 'managed' ? 'managed by this computer’s administrators' : 'set up by you';
  const rows = [
    ['from', printable(place)],
    ['', `${from}${signed ? ', signed' : ''}, read ${span(Date.now() - readAt)} ago`],
    [
      'waiting',
      pending === undefined
        ? ''
        : `a new configuration changes ${printable(listed(pending))}: k8s-tunnels setup --review`,
    ],
    ['team', team ?? ''],
    ['support', links.support ?? ''],
    ['access requests', links.accessRequest ?? ''],
    ['managed settings', listed(locked)],
  ].filter(([, value]) => value !== '');
  return [paint('bold', printable(name)), ...table(rows, '  ')];
}
