import { locale } from '../../main/model/wording.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const relativeDay = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const date = { day: 'numeric', month: 'long' } as const;
const time = { hour: '2-digit', minute: '2-digit' } as const;
const formats = {
  time: new Intl.DateTimeFormat(locale, time),
  moment: new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', ...time }),
  exact: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }),
  day: new Intl.DateTimeFormat(locale, { weekday: 'long', ...date }),
  weekday: new Intl.DateTimeFormat(locale, { weekday: 'long' }),
  date: new Intl.DateTimeFormat(locale, { ...date, year: 'numeric' }),
} as const;

/** `now`, `5 min ago`, `3 hr ago`, `yesterday`, `12 days ago`. */
export function ago(ms: number): string {
  if (ms < minute) return relative.format(0, 'second');
  if (ms < hour) return relative.format(-Math.floor(ms / minute), 'minute');
  if (ms < day) return relative.format(-Math.floor(ms / hour), 'hour');
  return relative.format(-Math.floor(ms / day), 'day');
}

/** `17:30` of today, `Tue 4 Mar, 17:30` of another day. Both in ms since the epoch. */
export function momentOf(at: number, now: number): string {
  const format = isSameDay(new Date(at), new Date(now)) ? formats.time : formats.moment;
  return format.format(at);
}

/** `4 Mar 2026, 17:30:12`. */
export function exactMomentOf(at: number): string {
  return formats.exact.format(at);
}

/** `4 March 2026`. */
export function dateOf(at: number): string {
  return formats.date.format(at);
}

/** `Today`, `Yesterday`, `Tuesday 4 March`, `4 March 2025` of another year. Both in ms since the epoch. */
export function dayOf(at: number, now: number): string {
  const then = new Date(at);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (isSameDay(then, today)) return capitalised(relativeDay.format(0, 'day'));
  if (isSameDay(then, yesterday)) return capitalised(relativeDay.format(-1, 'day'));
  return (then.getFullYear() === today.getFullYear() ? formats.day : formats.date).format(then);
}

/** ` of yesterday`, ` of Tuesday`; empty for today and for a day that is more than a week ago. */
export function resumedDay(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  const dayOnly = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  const days = Math.round((dayOnly(today) - dayOnly(then)) / day);
  if (days < 1 || days > 6) return '';
  return ` of ${days === 1 ? relativeDay.format(-1, 'day') : formats.weekday.format(then)}`;
}

function isSameDay(a: Date, b: Date): boolean {
  return a.toDateString() === b.toDateString();
}

function capitalised(words: string): string {
  return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1);
}
