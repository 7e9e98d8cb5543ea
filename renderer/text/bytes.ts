const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `0 B`, `12.4 kB`, `310 MB`: decimal units, three figures. */
export function byteWords(bytes: number): string {
  const power = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1_000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
