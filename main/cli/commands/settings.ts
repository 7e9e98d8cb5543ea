import type { Input } from '../../api/contract.ts';
import { AppError } from '../../model/app-error.ts';
import type { SettingName } from '../../model/settings.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';

/**
 * Shows all settings or one, or changes one. Takes lists with commas; an empty text is an empty list. `reset` removes
 * the user's value.
 */
export async function runSettings(
  session: Session,
  key: string | undefined,
  value: string | undefined,
  { reset }: { readonly reset?: true } = {},
): Promise<number> {
  if (reset && (key === undefined || value !== undefined))
    throw new AppError('bad-input', '--reset takes the name of one setting and no value.');
  const { client, json, progress } = session;
  let { settingsFrom, ...known } = await client.call('settings-get', {});
  const before: Readonly<Record<string, unknown>> = known;
  if (key !== undefined && !Object.hasOwn(before, key)) {
    throw new AppError('bad-input', `There is no setting "${key}".`, {
      hint: `The settings are ${Object.keys(before).join(', ')}.`,
    });
  }
  if (reset)
    ({ settingsFrom, ...known } = await client.call('settings-reset', { names: [key as SettingName] }));
  const settings: Readonly<Record<string, unknown>> =
    key === undefined || value === undefined
      ? known
      : await client.call('settings-set', { [key]: parse(value, before[key]) } as Input<'settings-set'>);
  progress.end();
  const shown = key === undefined ? settings : { [key]: settings[key] };
  if (json) writeJson(shown);
  else if (key !== undefined && value === undefined && !reset) writeLines([text(settings[key])]);
  else {
    // A setting that was just changed has the user's value.
    const from: Readonly<Record<string, string>> =
      key === undefined || reset ? settingsFrom : { [key]: 'user' };
    writeLines(
      table(Object.entries(shown).map(([name, content]) => [name, text(content), originText(from[name])])),
    );
  }
  return exitCodes.ok;
}

/** Converts the text to the type of the current value. The agent validates it. */
function parse(value: string, now: unknown): unknown {
  if (typeof now === 'number') return Number(value);
  if (typeof now === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  if (Array.isArray(now)) return value.split(',').flatMap((part) => part.trim() || []);
  return value;
}

function originText(origin = 'default'): string {
  return paint('dim', origin === 'user' ? 'you' : origin);
}

function text(value: unknown): string {
  return printable(Array.isArray(value) ? value.join(',') : String(value));
}
