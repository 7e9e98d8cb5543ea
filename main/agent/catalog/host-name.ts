const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A DNS label as RFC 1123 has it: what Kubernetes asks of a namespace. Lower case only. */
export function isDnsLabel(text: string): boolean {
  return label.test(text);
}

/** A lower-case host name as RFC 1123 has it. An IPv4 address is none. */
export function isHostName(text: string): boolean {
  const labels = text.split('.');
  return text.length <= 253 && labels.every(isDnsLabel) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** `1` to `65535`, with no leading zero. */
export function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}
