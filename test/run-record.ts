import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** How long the last run of all tests took. */
export interface RunRecord {
  /** When it ended, ms since the epoch. */
  readonly at: number;
  readonly files: number;
  readonly tests: number;
  readonly wallMs: number;
  /** Of vitest, its workers, and the processes that they waited for. Undefined where the system does not count it. */
  readonly cpuMs?: number;
}

export const recordFile = path.resolve(import.meta.dirname, '..', 'out', 'last-test-run.json');

/** Notes down how long a run took, for `npm run bench -- suite`. A run of some of the files replaces no longer one. */
export class RunRecorder implements Reporter {
  private startedAt = performance.now();
  private isWhole = true;

  onTestRunStart(files: readonly unknown[]): void {
    this.startedAt = performance.now();
    this.isWhole = files.length >= leastFiles;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (!this.isWhole) return;
    const tests = modules.reduce((sum, module) => sum + [...module.children.allTests()].length, 0);
    const cpuMs = cpuTime();
    const record: RunRecord = {
      at: Date.now(),
      files: modules.length,
      tests,
      wallMs: performance.now() - this.startedAt,
      ...(cpuMs === undefined ? {} : { cpuMs }),
    };
    mkdirSync(path.dirname(recordFile), { recursive: true });
    writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`);
  }
}

/** A run of fewer files is one of somebody who tries a change. */
const leastFiles = 200;

/** User and system time of this process and of all below it that were waited for (proc(5), fields 14 to 17). */
function cpuTime(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}
