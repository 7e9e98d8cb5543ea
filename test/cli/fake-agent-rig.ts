import { afterEach, beforeEach, expect } from 'vitest';
import { type FakeAgent, startFakeAgent } from './fake-agent.ts';
import { type Home, makeHome, runCli } from './run-cli.ts';

/** A home of its own for each test of the file, an agent that answers as told in it, and the command line that asks it. */
export function fakeAgentRig() {
  let home: Home;
  let agent: FakeAgent;
  beforeEach(async () => {
    home = await makeHome();
    agent = await startFakeAgent(home.paths);
  });
  afterEach(async () => {
    await agent.close();
    await home.remove();
  });
  const run = (...args: readonly string[]) => runCli(args, { env: home.env });
  return {
    get home(): Home {
      return home;
    },
    get agent(): FakeAgent {
      return agent;
    },
    run,
    /** Runs a command with `--json`. It prints one document, and nothing else. */
    async json<T = Record<string, never>>(...args: readonly string[]) {
      const { stdout, code } = await run(...args, '--json');
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
      return { code, document: JSON.parse(stdout) as T };
    },
  };
}
