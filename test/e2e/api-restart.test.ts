import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

const cluster = 'payments-staging-eu';
const name = 'payments-staging';

let tunnelled: Tunnelled;

beforeAll(async () => {
  if (whyNoKubectl === undefined) tunnelled = await connectThrough(cluster);
});

afterAll(() => tunnelled?.close());

beforeEach((context) => context.skip(whyNoKubectl !== undefined, whyNoKubectl));

/** The Cloud SDK's kubectl asks for the server's version first, and so would use up the connection in question. */
async function plainKubectl(): Promise<string> {
  const { stdout } = await execa('which', ['kubectl'], { reject: false });
  const folder = path.dirname(await realpath(stdout));
  const versions = (await readdir(folder)).filter((file) => /^kubectl\.1\.\d\d$/.test(file)).sort();
  return path.join(folder, versions.at(-1) ?? 'kubectl');
}

test('kubectl gets through right after its API server was restarted, which the tunnel does not pass on', async (context) => {
  context.skip(process.platform === 'win32', 'which is not there');
  const { world, commandLine } = tunnelled;
  const api = world.api(name);
  const kubectl = await plainKubectl();
  const ready = () => commandLine.run(kubectl, ['get', '--raw', '/readyz']);
  // The connection that is kept ready for the next command.
  const open = () => world.access.openConnections();
  /** Waits until the command's own connection has closed, and the next spare one is open. */
  const settled = async () => {
    let last = -1;
    await vi.waitFor(async () => {
      const { tunnels } = await commandLine.tunnels<Output<'snapshot'>>('status');
      const before = last;
      last = open();
      expect({ connections: tunnels[0]?.connections, isStill: last > 0 && last === before }).toEqual({
        connections: 0,
        isStill: true,
      });
    });
    return last;
  };
  for (let restart = 0; restart < 2; restart++) {
    expect(await ready()).toMatchObject({ code: 0, stdout: 'ok' });
    const before = await settled();
    await api.stop();
    await api.start();
    // cloudflared waits for both directions: nothing shows at this end that the API server has closed them.
    expect(open()).toBeGreaterThanOrEqual(before);
    expect(await ready()).toMatchObject({ code: 0, stdout: 'ok' });
  }
});
