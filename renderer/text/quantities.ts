import { locale } from '../../main/model/wording.ts';

const sizes = (['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const).map(
  (unit) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: unit === 'byte' ? 'long' : 'short',
      maximumSignificantDigits: 3,
    }),
);

/** `0 bytes`, `12.4 kB`, `310 MB`: decimal units, three figures. */
export function byteSize(bytes: number): string {
  // Rounded first: 999,999 bytes are 1 MB.
  const rounded = Number(bytes.toPrecision(3));
  const power = rounded < 1_000 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), sizes.length - 1);
  return sizes[power]?.format(rounded / 1_000 ** power) ?? '';
}

const seconds = new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'narrow' });

/** `2s`, rounded up. */
export function secondsLeft(ms: number): string {
  return seconds.format(Math.ceil(ms / 1_000));
}
