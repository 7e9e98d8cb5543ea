const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `7 h 12 min`, `3 d 4 h`, `12 min`: at most two units, cut, never rounded up. */
export function durationWords(ms: number): string {
  if (ms < minute) return 'less than a minute';
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return twoUnits(Math.floor(ms / hour), 'h', Math.floor((ms % hour) / minute), 'min');
  return twoUnits(Math.floor(ms / day), 'd', Math.floor((ms % day) / hour), 'h');
}

/** `just now`, `5 min ago`, `3 h ago`, `yesterday`, `12 days ago`. */
export function agoWords(ms: number): string {
  if (ms < minute) return 'just now';
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`;
  if (ms < day) return `${Math.floor(ms / hour)} h ago`;
  return ms < 2 * day ? 'yesterday' : `${Math.floor(ms / day)} days ago`;
}

const time = { hour: '2-digit', minute: '2-digit' } as const;

/** `17:30` of today, `Tue 4 Mar, 17:30` of another day. Both in ms since the epoch. */
export function momentWords(at: number, now: number): string {
  const moment = new Date(at);
  // The window is in English; a day comes before its month all over the world but in one country.
  return moment.toDateString() === new Date(now).toDateString()
    ? moment.toLocaleTimeString('en-GB', time)
    : moment.toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', ...time });
}

/** `Today`, `Yesterday`, `Tuesday 4 March`, `4 March 2025` of another year. Both in ms since the epoch. */
export function dayWords(at: number, now: number): string {
  const day = new Date(at);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day.toDateString() === today.toDateString()) return 'Today';
  if (day.toDateString() === yesterday.toDateString()) return 'Yesterday';
  const date = { day: 'numeric', month: 'long' } as const;
  return day.getFullYear() === today.getFullYear()
    ? day.toLocaleDateString('en-GB', { weekday: 'long', ...date })
    : day.toLocaleDateString('en-GB', { ...date, year: 'numeric' });
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
