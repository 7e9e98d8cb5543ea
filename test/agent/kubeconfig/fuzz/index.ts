import { parseArgs } from 'node:util';
import { batchSize, compare } from './differential.ts';

/** `npm run fuzz:kubeconfig`: the whole comparison with kubectl, by seed. Exits with 1 for a disagreement. */
const { values } = parseArgs({
  options: { files: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const files = Number(values.files);
const first = Number(values.seed) * 1_000_000;
let read = 0;
let wrong = 0;
for (let done = 0; done < files; done += batchSize) {
  const tally = await compare(first + done, Math.min(batchSize, files - done));
  read += tally.read;
  wrong += tally.disagreements.length;
  for (const { seed, why, text } of tally.disagreements)
    console.error(`seed ${seed}: ${why}\n${JSON.stringify(text)}\n`);
}
console.log(`${files} files, of which kubectl reads ${read}: ${wrong} disagreements.`);
process.exitCode = wrong === 0 ? 0 : 1;
