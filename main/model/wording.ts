/** The language of all text that users read. A translation replaces it and the text.ts files. */
export const locale = 'en-GB';

/** Creates a formatter when it is first used: each takes a millisecond or two, and a command uses one or none. */
function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const rules = lazy(() => new Intl.PluralRules(locale));
const numbers = lazy(() => new Intl.NumberFormat(locale));
const lists = lazy(() => new Intl.ListFormat(locale));

/** Returns the plural form for `count`, with the number in place of `#`: `1 cluster`, `1,204 clusters`. */
export function plural(
  count: number,
  forms: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string },
): string {
  return (forms[rules().select(count)] ?? forms.other).replace('#', numbers().format(count));
}

/** Joins names as `a, b and c` or, if `total` is more than their number, as `a, b, c and 4 more`. */
export function listed(names: readonly string[], total = names.length): string {
  const more = total - names.length;
  return lists().format(more > 0 ? [...names, plural(more, { other: '# more' })] : names);
}

const minuteMs = 60_000;
const unit = (name: 'day' | 'hour' | 'minute') =>
  lazy(() => new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'narrow' }));
const minutes = unit('minute');
const units = [
  { ms: 24 * 60 * minuteMs, format: unit('day') },
  { ms: 60 * minuteMs, format: unit('hour') },
  { ms: minuteMs, format: minutes },
];

/** Formats a duration in at most two units, rounded down: `7h 12m`, `3d 4h`, `12m`, `<1m`. */
export function duration(ms: number): string {
  const first = units.findIndex((one) => ms >= one.ms);
  if (first < 0) return `<${minutes().format(1)}`;
  let rest = ms;
  return units
    .slice(first, first + 2)
    .flatMap(({ ms: size, format }) => {
      const count = Math.floor(rest / size);
      rest %= size;
      return count === 0 ? [] : [format().format(count)];
    })
    .join(' ');
}

const milliseconds = lazy(
  () =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: 'millisecond',
      unitDisplay: 'short',
      maximumFractionDigits: 0,
    }),
);

/** Formats a latency: `42 ms`. */
export function latency(ms: number): string {
  return milliseconds().format(ms);
}

const sizes = (['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const).map((unit) =>
  lazy(
    () =>
      new Intl.NumberFormat(locale, {
        style: 'unit',
        unit,
        unitDisplay: unit === 'byte' ? 'long' : 'short',
        maximumSignificantDigits: 3,
      }),
  ),
);

/** Formats a size in decimal units, with three figures: `0 bytes`, `12.4 kB`, `310 MB`. */
export function byteSize(bytes: number): string {
  // Rounded first: 999,999 bytes are 1 MB.
  const rounded = Number(bytes.toPrecision(3));
  const power = rounded < 1_000 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), sizes.length - 1);
  return sizes[power]?.().format(rounded / 1_000 ** power) ?? '';
}
