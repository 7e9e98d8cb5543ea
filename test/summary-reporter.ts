import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with one line of counts, and names each skipped test with its reason. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that cannot be loaded has no tests to count, but it did fail.
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') count.passed += 1;
        else if (result.state === 'failed') count.failed += 1;
        else {
          count.skipped += 1;
          const note = result.state === 'skipped' ? result.note : undefined;
          console.log(`skipped: ${test.fullName}${note === undefined ? '' : ` (${note})`}`);
        }
      }
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
