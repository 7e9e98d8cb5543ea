/** What the traffic met. */
export class Tally {
  readonly counts = new Map<string, number>();
  /** Bytes that came other than they were sent, each in words. */
  readonly wrong: string[] = [];

  add(name: string, count = 1): void {
    this.counts.set(name, this.of(name) + count);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }
}
