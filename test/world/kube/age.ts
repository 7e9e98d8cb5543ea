const units = { y: 365 * 86_400, d: 86_400, h: 3600, m: 60, s: 1 } as const;
type Unit = keyof typeof units;

/**
 * How long ago, in the two-unit form of k8s.io/apimachinery/pkg/util/duration: each row is the age in seconds below
 * which the form holds, its unit, and the smaller unit that may follow.
 */
const forms: readonly (readonly [below: number, unit: Unit, rest?: Unit])[] = [
  [2 * units.m, 's'],
  [10 * units.m, 'm', 's'],
  [3 * units.h, 'm'],
  [8 * units.h, 'h', 'm'],
  [48 * units.h, 'h'],
  [8 * units.d, 'd', 'h'],
  [2 * units.y, 'd'],
  [8 * units.y, 'y', 'd'],
  [Number.POSITIVE_INFINITY, 'y'],
];

export function ageOf(timestamp: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(timestamp)) / 1000));
  const [, unit, rest] = forms.find(([below]) => seconds < below) ?? [0, 's' as const];
  const whole = `${Math.floor(seconds / units[unit])}${unit}`;
  const left = rest ? Math.floor((seconds % units[unit]) / units[rest]) : 0;
  return left > 0 ? `${whole}${left}${rest}` : whole;
}
