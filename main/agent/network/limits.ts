/** The longest answer of an API, decompressed. */
export const answerBytes = 32 * 1024 * 1024;
/** The most that is read of a page (a denial, a login form, the body of an error or a redirect). */
export const pageBytes = 64 * 1024;
/** The longest answer that contains tokens, keys or an identity. */
export const tokenBytes = 1024 * 1024;
/** The memory limit for all answers that are being read. */
export const answersBytes = 34 * 1024 * 1024;

/** Formats a size: `32 MB`, `64 KB`. */
export function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / (1024 * 1024)} MB` : `${bytes / 1024} KB`;
}
