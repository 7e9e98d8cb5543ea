/**
 * Returns whether the pattern matches the text; `*` matches any characters. Runs in linear time, unlike a regular
 * expression.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const inner = text.slice(first.length, text.length - last.length);
  let at = 0;
  for (const part of rest) {
    const found = inner.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return true;
}
