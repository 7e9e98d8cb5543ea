/** Returns the values of a list that is typed on one line, with commas or spaces. */
export function listOf(line: string): string[] {
  return line.split(/[\s,]+/).filter((word) => word !== '');
}
