/** Compares weakly by RFC 9110 §13.1.2, because a compressing proxy makes a tag weak. */
export function isKnown(header: string | null, etag: string): boolean {
  const tags = (header ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
