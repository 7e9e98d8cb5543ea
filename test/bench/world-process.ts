import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment } from '../../main/agent/parts.ts';

/** A world in a process of its own, so that its work is not measured with ours. */
export interface WorldProcess {
  readonly env: Environment & { readonly HOME: string };
  stop(): Promise<void>;
}

export async function startWorldProcess(flags: Readonly<Record<string, number>>): Promise<WorldProcess> {
  const program = path.resolve(import.meta.dirname, '..', 'world', 'index.ts');
  const named = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [program, '--json', ...named], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { env, bin } = JSON.parse(line) as { env: Environment & { HOME: string }; bin: string };
  return {
    env: { ...env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}
