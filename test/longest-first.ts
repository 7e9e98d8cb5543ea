import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, by their seconds on two cores. Vitest remembers durations, but a new clone has none, and
 * a long file that is begun last keeps one core busy while the other waits. `npx vitest run --reporter=json
 * --outputFile=FILE` and `npm run measure -- --report FILE` show those of today.
 */
export const longFiles: Readonly<Record<string, number>> = {
  'test/e2e/ill-proxy.test.ts': 74,
  'test/agent/tunnels/conformance.test.ts': 72,
  'test/e2e/kept-entries.test.ts': 68,
  'test/packaging/package.test.ts': 59,
  'test/e2e/secrets.test.ts': 50,
  'test/renderer/accessibility.test.ts': 50,
  'test/screens/screens.test.ts': 43,
  'test/desktop/sign-ins.test.ts': 42,
  'test/desktop/desktop.test.ts': 39,
  'test/e2e/crash.test.ts': 37,
  'test/e2e/terminals.test.ts': 34,
  'test/agent/providers/aws/identity-center.test.ts': 31,
  'test/e2e/ill-network.test.ts': 31,
  'test/renderer/pointer.test.ts': 30,
  'test/agent/kubeconfig/shapes.test.ts': 29,
  'test/agent/kubeconfig/sequences.test.ts': 29,
  'test/e2e/sources.test.ts': 29,
  'test/e2e/demo.test.ts': 27,
  'test/e2e/releases.test.ts': 27,
  'test/agent/tunnels/cloudflared.test.ts': 26,
  'test/cli/agent.test.ts': 25,
  'test/e2e/shells.test.ts': 24,
  'test/e2e/connectors.test.ts': 24,
  'test/e2e/aks.test.ts': 22,
  'test/renderer/pages.test.ts': 22,
  'test/agent/tunnels/tunnels.test.ts': 22,
  'test/e2e/first-ten-minutes.test.ts': 22,
  'test/agent/providers/aws/eks.test.ts': 20,
  'test/e2e/first-run.test.ts': 19,
  'test/cli/login.test.ts': 19,
};

const root = path.resolve(import.meta.dirname, '..');

/** Begins with the files that take longest, within each project of the configuration. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    return projects.flatMap((name) =>
      sorted
        .filter(({ project }) => project.name === name)
        .toSorted((one, other) => secondsOf(other) - secondsOf(one)),
    );
  }
}

function secondsOf({ moduleId }: TestSpecification): number {
  return longFiles[path.relative(root, moduleId).replaceAll(path.sep, '/')] ?? 0;
}
