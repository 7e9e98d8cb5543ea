import { writeChart } from '../world-tests/helm-fixture.ts';
import { finish } from './child.ts';
import type { ClientRun, Outcomes } from './outcome.ts';

/** Installs a chart, lists it, upgrades it and uninstalls it. */
export async function runHelm(helm: string, name: string, run: ClientRun): Promise<Outcomes> {
  const chart = await writeChart(run.home);
  const steps = [
    ['installed', 'install', name, chart],
    ['listed', 'list', '--short', '--filter', `^${name}$`],
    ['upgraded', 'upgrade', name, chart, '--set', 'colour=blue'],
    ['uninstalled', 'uninstall', name],
  ] as const;
  const done: string[] = [];
  for (const [step, ...args] of steps) {
    const { code, stdout, stderr } = await finish([helm, '-n', 'default', ...args], run, 45_000);
    if (code !== 0) return { release: { error: stderr.trim() } };
    if (step === 'listed' && stdout.trim() !== name) return { release: { error: `it lists ${stdout}` } };
    done.push(step);
  }
  return { release: { value: done.join(', ') } };
}
