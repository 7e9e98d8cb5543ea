/** Code points that the scanner asks about. -1 is the end of the text. YAML 1.1 has five line breaks. */

export const endOfText = -1;

export function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : endOfText;
}

export function isBreak(code: number): boolean {
  return code === 10 || code === 13 || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Returns true for a line break and for the end of the text. */
export function isBreakOrEnd(code: number): boolean {
  return code === endOfText || isBreak(code);
}

/** Returns true for a space, a tab, a line break and for the end of the text. */
export function isBlankOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Returns true for what the name of an anchor or a directive may contain. */
export function isWord(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 95 /* _ */ ||
    code === 45 /* - */
  );
}

/** Returns the value of a hexadecimal digit, or -1. */
export function hexValue(code: number): number {
  if (isDigit(code)) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}

/** Returns the offset after the line break at `at`. */
export function afterBreak(text: string, at: number): number {
  return text.charCodeAt(at) === 13 && codeAt(text, at + 1) === 10 ? at + 2 : at + 1;
}

/** Returns a line break as a scalar contains it. */
export function breakText(code: number): string {
  return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : '\n';
}

/** Returns true if a line is `---` or `...`, alone or followed by a blank. `at` is its start. */
export function isDocumentMarker(text: string, at: number): boolean {
  const code = codeAt(text, at);
  return (
    (code === 45 || code === 46) &&
    codeAt(text, at + 1) === code &&
    codeAt(text, at + 2) === code &&
    isBlankOrEnd(codeAt(text, at + 3))
  );
}

/** Finds a character that go-yaml refuses anywhere in a file. */
const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/** Returns the offset of the first character that YAML forbids, or -1. */
export function forbiddenAt(text: string): number {
  return text.search(forbidden);
}
