import type { Tally } from './tally.ts';
import { ask, type Target } from './target.ts';

const retryMs = 250;
const lookEveryMs = 2_000;

/** A client that follows the numbered lines of an API server, and comes back when its connection breaks. */
export class Watch {
  readonly target: Target;
  /** When it broke for the last time, and when a line came for the last time, ms since the epoch. */
  brokeAt = 0;
  lineAt = 0;
  /** How often it broke, and how long each outage took, ms. */
  broken = 0;
  readonly outages: { readonly from: number; readonly ms: number }[] = [];
  private readonly tally: Tally;

  constructor(target: Target, tally: Tally) {
    this.target = target;
    this.tally = tally;
  }

  /**
   * Until the signal aborts. A connection without a line for so long as `patienceMs` says is given up, as kubectl does
   * by its pings: a SOCKS origin's close does not come through cloudflared.
   */
  async run(options: {
    readonly everyMs: number;
    readonly signal: AbortSignal;
    readonly patienceMs: () => number;
  }): Promise<void> {
    const { everyMs, signal, patienceMs } = options;
    while (!signal.aborted) {
      let text = '';
      let next = 0;
      const silence = new AbortController();
      let heardAt = Date.now();
      const timer = setInterval(() => {
        if (Date.now() - heardAt > patienceMs()) silence.abort(new Error('no line came'));
      }, lookEveryMs);
      try {
        await ask(this.target, {
          path: `/watch?ms=${everyMs}`,
          signal: AbortSignal.any([signal, silence.signal]),
          onChunk: (chunk) => {
            heardAt = Date.now();
            text += chunk.toString();
            for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
              this.take(text.slice(0, end), next);
              text = text.slice(end + 1);
              next += 1;
            }
          },
        });
        this.tally.wrong.push(`${this.target.name}: a watch ended as if all of it had come`);
      } catch (error) {
        if (signal.aborted) return;
        this.lost(error);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      } finally {
        clearInterval(timer);
      }
    }
  }

  private take(text: string, expected: number): void {
    this.tally.add('lines');
    this.lineAt = Date.now();
    if (this.brokeAt > 0) this.outages.push({ from: this.brokeAt, ms: this.lineAt - this.brokeAt });
    this.brokeAt = 0;
    const { line } = JSON.parse(text) as { readonly line: number };
    if (line !== expected)
      this.tally.wrong.push(`${this.target.name}: line ${line} came where ${expected} was due`);
  }

  private lost(error: unknown): void {
    this.broken += 1;
    this.tally.add('streams broken');
    this.tally.add(`broken: ${error instanceof Error ? error.message : String(error)}`);
    if (this.brokeAt === 0) this.brokeAt = Date.now();
  }
}
