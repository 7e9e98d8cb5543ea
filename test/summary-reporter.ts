import type { Reporter, TestModule } from 'vitest/node';

const mostNamed = 20;

/**
 * Ends the output with one line of counts. The lines before it name the failed tests, so that the end of a log is
 * enough to know them, and before those each skipped test with its reason.
 */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const failures: string[] = [];
    for (const module of modules) {
      // A file that cannot be loaded has no tests to count, but it did fail.
      const [unloaded] = module.errors();
      if (unloaded !== undefined) {
        count.failed += 1;
        failures.push(`${module.relativeModuleId}: ${firstLine(unloaded)}`);
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') count.passed += 1;
        else if (result.state === 'failed') {
          count.failed += 1;
          failures.push(`${module.relativeModuleId} › ${test.fullName}: ${firstLine(result.errors[0])}`);
        } else {
          count.skipped += 1;
          const note = result.state === 'skipped' ? result.note : undefined;
          console.log(`skipped: ${test.fullName}${note === undefined ? '' : ` (${note})`}`);
        }
      }
    }
    for (const failure of failures.slice(0, mostNamed)) console.log(`FAILED ${failure}`);
    if (failures.length > mostNamed) console.log(`FAILED: ${failures.length - mostNamed} more`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

function firstLine(error: { readonly message: string } | undefined): string {
  return (error?.message ?? 'no error was reported').split('\n', 1)[0] ?? '';
}
