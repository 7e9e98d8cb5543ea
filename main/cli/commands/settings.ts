import { AppError } from '../../agent/app-error.ts';
import type { Input } from '../../api/contract.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable, table } from '../terminal.ts';

/** Shows the settings or one of them, or changes one. Lists are given with commas; an empty text is an empty list. */
export async function runSettings(
  session: Session,
  key: string | undefined,
  value: string | undefined,
): Promise<number> {
  const { client, json, progress } = session;
  const { settingsFrom, ...known } = await client.call('settings-get', {});
  const before: Readonly<Record<string, unknown>> = known;
  if (key !== undefined && !Object.hasOwn(before, key)) {
    throw new AppError('bad-input', `There is no setting ${key}.`, {
      hint: `The settings are ${Object.keys(before).join(', ')}.`,
    });
  }
  const settings: Readonly<Record<string, unknown>> =
    key === undefined || value === undefined
      ? before
      : await client.call('settings-set', { [key]: parse(value, before[key]) } as Input<'settings-set'>);
  progress.end();
  const shown = key === undefined ? settings : { [key]: settings[key] };
  if (json) writeJson(shown);
  else if (key !== undefined && value === undefined) writeLines([text(settings[key])]);
  else {
    // What was changed just now is the person's own.
    const from: Readonly<Record<string, string>> = key === undefined ? settingsFrom : { [key]: 'user' };
    writeLines(
      table(Object.entries(shown).map(([name, content]) => [name, text(content), originText(from[name])])),
    );
  }
  return exitCodes.ok;
}

/** The agent checks what it is given; here only the kind follows what stands there now. */
function parse(value: string, now: unknown): unknown {
  if (typeof now === 'number') return Number(value);
  if (Array.isArray(now)) return value.split(',').flatMap((part) => part.trim() || []);
  return value;
}

function originText(origin = 'default'): string {
  return paint('dim', origin === 'user' ? 'you' : origin);
}

function text(value: unknown): string {
  return printable(Array.isArray(value) ? value.join(',') : String(value));
}
