/** Returns PEM from PEM or from its base64, as in a kubeconfig; undefined if it is neither. */
export function pemFrom(value: string): string | undefined {
  const pem = value.includes('-----BEGIN ') ? value : Buffer.from(value, 'base64').toString('utf8');
  return pem.includes('-----BEGIN ') ? pem.trim().concat('\n') : undefined;
}
