import type { networkInterfaces } from 'node:os';
import type { Clock, Logger } from '../parts.ts';

/** How often sleep and changes of network are looked for, and the gap between two looks that means sleep. */
const lookEveryMs = 5_000;
const sleptMs = 15_000;

/** Calls back after the computer slept and when its addresses changed. Returns a function that ends it. */
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
  /** What they were, where they cannot be read: without file descriptors or memory left. */
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
      // Link-local ones come and go with every container.
      .filter((address) => !address.startsWith('fe80:'))
      .sort()
      .join(' ')
  );
}
