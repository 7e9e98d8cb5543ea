const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `0 B`, `12.4 kB`, `310 MB`: decimal units, three figures. */
export function byteWords(bytes: number): string {
  // First of all, for 999,999 bytes are 1 MB.
  const rounded = Number(bytes.toPrecision(3));
  const power = rounded < 1_000 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), units.length - 1);
  const value = rounded / 1_000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
