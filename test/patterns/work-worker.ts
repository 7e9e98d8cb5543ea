import { parentPort, workerData } from 'node:worker_threads';
import { denialMessage } from '../../main/agent/access/denial-page.ts';
import { redact } from '../../main/redaction/redact.ts';
import { type Attack, attacksOn, attackText } from './attack-texts.ts';
import type { ProductPattern } from './product-patterns.ts';

const lengths = [4_000, 16_000];
/** Of four times the text a pattern that is linear makes 4 times the work, one that is quadratic 16 times. */
const growth = 4;
const tooMuchGrowth = 9;
/** Less than this is not compared. A quadratic pattern takes longer for one of the texts, even one of long words. */
const leastMs = 5;

const functions: Readonly<Record<string, (text: string) => unknown>> = { redact, denialMessage };

const { patterns, texts } = workerData as {
  readonly patterns: readonly ProductPattern[];
  readonly texts: readonly string[];
};
for (const { place, source, flags } of patterns) {
  const pattern = new RegExp(source, flags);
  const run = (text: string) => {
    pattern.lastIndex = 0;
    if (pattern.global) text.replaceAll(pattern, '');
    else pattern.test(text);
  };
  judge(place, run, attacksOn(source, flags));
}
for (const [name, run] of Object.entries(functions))
  judge(
    name,
    run,
    texts.flatMap((pump) => ['', 'token: ', '<p>'].map((before) => ({ before, pump, after: '' }))),
  );
parentPort?.postMessage({ kind: 'done' });

function judge(place: string, run: (text: string) => unknown, attacks: readonly Attack[]): void {
  // Told first: where the worker has to be ended, this is the one that it was at.
  parentPort?.postMessage({ kind: 'begun', place });
  for (const attack of attacks) {
    for (const length of lengths) {
      const text = attackText(attack, length);
      if (cost(run, text) < leastMs) continue;
      // Once more: the first run may have had to compile the pattern.
      const base = cost(run, text);
      if (base < leastMs) continue;
      const longer = attackText(attack, length * growth);
      let ratio = cost(run, longer) / base;
      // Once more: the first run may have been the one that was interrupted.
      if (ratio >= tooMuchGrowth) ratio = Math.min(ratio, cost(run, longer) / base);
      if (ratio < tooMuchGrowth) break;
      const told = JSON.stringify(attack).slice(0, 200);
      parentPort?.postMessage({ kind: 'slow', place, attack: told, ratio });
      return;
    }
  }
}

/** In milliseconds of this thread's own time: how busy the computer is does not count. */
function cost(run: (text: string) => unknown, text: string): number {
  const before = process.threadCpuUsage();
  run(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
