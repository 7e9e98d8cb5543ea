/** How long an unlock lasts at most where the organisation sets no limit, in minutes. */
const mostMinutes = 60;
const defaultMinutes = 30;

/** Returns the longest and the default unlock under an organisation's limit, in minutes. */
export function unlockLimits(limit: number | undefined): { readonly most: number; readonly default: number } {
  const most = limit ?? mostMinutes;
  return { most, default: Math.min(defaultMinutes, most) };
}
