import type { networkInterfaces } from 'node:os';
import type { Clock, Logger } from '../parts.ts';

/** How often to check for sleep and network changes, and the gap between two checks that indicates sleep. */
const lookEveryMs = 5_000;
const sleptMs = 15_000;

/** Calls back after the computer slept and when its addresses changed. Returns a function that stops the watch. */
export function watchForChange(
  parts: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly interfaces: typeof networkInterfaces;
  },
  changed: (what: 'sleep' | 'network') => void,
): () => void {
  const { clock, logger, interfaces } = parts;
  let addresses: string | undefined;
  let isReported = false;
  /** Returns the previous addresses if they cannot be read, for lack of file descriptors or memory. */
  const addressesNow = () => {
    try {
      return addressText(interfaces());
    } catch (error) {
      if (!isReported) logger.warn('The network interfaces cannot be read', { error: String(error) });
      isReported = true;
      return addresses;
    }
  };
  let last = clock.now();
  addresses = addressesNow();
  let cancel = () => {};
  const look = () => {
    const now = clock.now();
    const current = addressesNow();
    if (now - last > sleptMs) changed('sleep');
    else if (current !== addresses) changed('network');
    last = now;
    addresses = current;
    cancel = clock.timer(lookEveryMs, look);
  };
  cancel = clock.timer(lookEveryMs, look);
  return () => cancel();
}

function addressText(interfaces: ReturnType<typeof networkInterfaces>): string {
  return (
    Object.values(interfaces)
      .flatMap((list) => list ?? [])
      .map(({ address }) => address)
      // Ignore link-local addresses, which come and go with every container.
      .filter((address) => !address.startsWith('fe80:'))
      .sort()
      .join(' ')
  );
}
