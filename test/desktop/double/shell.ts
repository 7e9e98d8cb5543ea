import { ledTo } from '../../world/person/led-to.ts';

/** Addresses that were handed to the person's browser. */
export const opened: string[] = [];

export const shell = {
  async openExternal(url: string): Promise<void> {
    opened.push(ledTo(url));
  },
};
