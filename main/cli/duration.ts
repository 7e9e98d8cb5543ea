import { AppError } from '../model/app-error.ts';

const longestMinutes = 24 * 60;

/**
 * Parses `30m`, `2h` or `1h30m` of the option into minutes. Throws `bad-input` for other text and for less than 1m or more than 24h.
 */
export function minutesFrom(text: string, option = '--for'): number {
  const [, hours, minutes] = /^(?:(\d{1,4})h)?(?:(\d{1,4})m)?$/.exec(text) ?? [];
  const total = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  if (total >= 1 && total <= longestMinutes) return total;
  throw new AppError('bad-input', `${option} is "${text}", which is not a time from 1m to 24h.`, {
    hint: 'Write it as 30m, 2h or 1h30m.',
  });
}
