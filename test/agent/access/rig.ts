import path from 'node:path';
import { type Access, createAccess } from '../../../main/agent/access/access.ts';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { openUrl } from '../../../main/agent/open-url.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type Fixture, startFixture } from '../../world-tests/access-fixture.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

export interface Rig {
  readonly world: Fixture;
  readonly folder: string;
  readonly clock: SkippingClock;
  readonly access: Access;
  /** How many logins waited, each time that it changed. */
  readonly logins: number[];
  /** What was reported of logins that wait for another program's. */
  readonly held: string[];
  readonly browserEnv: Record<string, string>;
  /** Another agent, with the same folder of tokens where none is named; of an organisation with that team. */
  another(folder?: string, team?: string): Access;
  close(): Promise<void>;
}

/** An Access edge and what logs in to it, with the person's home between them. */
export async function startRig(options: Parameters<typeof startFixture>[0] = {}): Promise<Rig> {
  const world = await startFixture({ transferHoldMs: 200, ...options });
  const env = {
    HTTPS_PROXY: world.proxy.url,
    SSL_CERT_FILE: world.authorityFile,
    BROWSER: world.browser.command,
  };
  trustAuthorities({ env });
  const clock = skippingClock();
  const folder = path.join(world.home, '.cloudflared');
  const logins: number[] = [];
  const held: string[] = [];
  const browserEnv: Record<string, string> = {};
  const open: { readonly access: Access; readonly network: Network }[] = [];
  const another = (place = folder, team?: string) => {
    const network = createNetwork(env);
    const access = createAccess({
      network,
      clock,
      logger: silentLogger,
      folder: place,
      openUrl: (url) => openUrl(url, { ...process.env, HOME: world.home, ...env, ...browserEnv }),
      onLogins: (list) => logins.push(list.length),
      onHeld: (message) => held.push(message),
      team: () => team,
    });
    open.push({ access, network });
    return access;
  };
  return {
    world,
    folder,
    clock,
    access: another(),
    logins,
    held,
    browserEnv,
    another,
    async close() {
      for (const { access, network } of open) {
        access.close();
        network.reset();
      }
      await world.close();
    },
  };
}
