/** Powers of ten or two of Kubernetes' suffixes (k8s.io/apimachinery, pkg/api/resource/suffix.go). */
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const form = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,3})|([A-Za-z]{0,2}))$/;

/** Digits behind the point that count: Kubernetes itself rounds to nano. */
const scale = 18;

/**
 * Returns a text that is the same for equal quantities: `500m` and `0.5`, `1Gi` and `1024Mi`, `1e3` and `1k`. Returns
 * the text as it is if it is no quantity.
 */
export function quantityKey(text: string): string {
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = form.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') return text;
  const two = binary[suffix];
  const ten = exponent === undefined ? (two === undefined ? decimal[suffix] : 0) : Number(exponent);
  if (ten === undefined || Math.abs(ten) > 60) return text;
  const power = scale + ten - fraction.length;
  let value = BigInt(whole + fraction);
  if (two !== undefined) value <<= BigInt(two);
  if (power >= 0) value *= 10n ** BigInt(power);
  else {
    const by = 10n ** BigInt(-power);
    // Below the scale nothing may be lost, or different texts would be equal.
    if (value % by !== 0n) return text;
    value /= by;
  }
  return `${sign === '-' && value !== 0n ? '-' : ''}${value}`;
}
