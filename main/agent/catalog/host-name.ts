const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A lower-case DNS label by RFC 1123, as Kubernetes requires for a namespace. */
export function isDnsLabel(text: string): boolean {
  return label.test(text);
}

/** A lower-case hostname by RFC 1123. An IPv4 address is not one. */
export function isHostName(text: string): boolean {
  const labels = text.split('.');
  return text.length <= 253 && labels.every(isDnsLabel) && !/^\d+$/.test(labels.at(-1) ?? '');
}

/** Accepts `1` to `65535`, without leading zeros. */
export function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}
