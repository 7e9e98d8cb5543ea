import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type FixtureAddress, type Wired, wireCarrier } from '../agent/tunnels/carrier.ts';
import { realCloudflared } from '../world/cloudflared/real.ts';
import { tcpHost } from '../world-tests/access-fixture.ts';
import { median } from './row.ts';
import { atOnce, type Figures, measure } from './transfer.ts';

export type Compared = 'builtin' | 'cloudflared' | 'direct';

/**
 * Measures connectors turn by turn, through one edge to one origin, in a process of their own. `other` names what ran as
 * `cloudflared`: its double where the real one is not there.
 */
export async function compareConnectors(
  names: readonly Compared[],
  small: boolean,
): Promise<{
  readonly of: (name: Compared, key: keyof Figures) => number;
  readonly other: string;
}> {
  const program = realCloudflared();
  const rounds = small ? 1 : 7;
  const payload = small
    ? { bytes: 1 << 20, turns: 20, opened: atOnce }
    : { bytes: 64 << 20, turns: 500, opened: 200 };
  const script = path.join(import.meta.dirname, 'access-world.ts');
  const world = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: world.stdout }), 'line')) as [string];
  const address = JSON.parse(line) as FixtureAddress;
  const wired = new Map<Compared, Wired>();
  for (const name of names) {
    const carried = name === 'cloudflared' ? (program === undefined ? 'double' : 'real') : name;
    const one = await wireCarrier(address, { carried, program });
    wired.set(name, one);
    await one.login(tcpHost);
    await measure(one, { bytes: 1 << 20, turns: 20, opened: atOnce });
  }
  const figures = new Map<Compared, Figures[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    // Each round from another one on: what was measured before it leaves garbage to collect.
    for (const at of names.keys()) {
      const name = names[(at + round) % names.length] ?? 'builtin';
      const one = wired.get(name);
      if (one !== undefined) figures.get(name)?.push(await measure(one, payload));
    }
  for (const one of wired.values()) await one.close();
  world.stdin.end();
  await once(world, 'close');
  return {
    of: (name, key) => median((figures.get(name) ?? []).map((figure) => figure[key])),
    other: program === undefined ? 'the double of cloudflared' : 'cloudflared',
  };
}
