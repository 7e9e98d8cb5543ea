import { EventEmitter } from 'node:events';

/** An emitter that knows its events: one that the double never emits would wait for ever. */
export class StrictEmitter extends EventEmitter {
  readonly #events: readonly string[];

  constructor(events: readonly string[]) {
    super();
    this.#events = events;
  }

  override on(event: string, listener: (...args: never[]) => void): this {
    this.#check(event);
    return super.on(event, listener as () => void);
  }

  override once(event: string, listener: (...args: never[]) => void): this {
    this.#check(event);
    return super.once(event, listener as () => void);
  }

  #check(event: string): void {
    if (!this.#events.includes(event))
      throw new Error(`the double of ${this.constructor.name} knows no event ${event}`);
  }
}

/** Throws for a field that the double does not know, whatever its value. */
export function onlyKnown(given: object, known: readonly string[], what: string): void {
  const unknown = Object.keys(given).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`the double of ${what} does not know ${unknown.join(', ')}`);
}

/** A listener's chance to say no. */
export function preventable(): { readonly event: { preventDefault(): void }; isPrevented(): boolean } {
  let prevented = false;
  return {
    event: {
      preventDefault() {
        prevented = true;
      },
    },
    isPrevented: () => prevented,
  };
}
