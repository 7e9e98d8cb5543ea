/**
 * Returns whether the text looks like an address without https://: a hostname with a dot or a port, with or without a
 * path.
 */
export function isBareAddress(text: string): boolean {
  if (/[\s\\]/.test(text) || /^[^/]*\.(?:ya?ml|json)$/i.test(text)) return false;
  const [host = ''] = text.split(/[/?#]/, 1);
  const url = URL.parse(`https://${text}`);
  return url !== null && /^[^.:]+(?:[.:][^.:]+)+$|^\[/.test(host) && url.hostname !== '';
}
