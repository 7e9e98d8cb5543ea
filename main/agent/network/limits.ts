/** The longest answer of an API, decompressed. */
export const answerBytes = 32 * 1024 * 1024;
/** Of a page (a denial, a login form, the body of an error or a redirect) no more than this is read. */
export const pageBytes = 64 * 1024;
/** The longest answer that holds tokens, keys or who somebody is. */
export const tokenBytes = 1024 * 1024;
/** What all answers that are being read may hold together. */
export const answersBytes = 34 * 1024 * 1024;

/** `32 MB`, `64 KB`. */
export function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / (1024 * 1024)} MB` : `${bytes / 1024} KB`;
}
