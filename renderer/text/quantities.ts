import { locale } from '../../main/model/wording.ts';

const seconds = new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'narrow' });

/** `2s`, rounded up. */
export function secondsLeft(ms: number): string {
  return seconds.format(Math.ceil(ms / 1_000));
}
