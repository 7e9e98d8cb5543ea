import path from 'node:path';
import type { Duplex } from 'node:stream';
import { type Access, createAccess } from '../../../main/agent/access/access.ts';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { openUrl } from '../../../main/agent/open-url.ts';
import { type Logger, systemClock } from '../../../main/agent/parts.ts';
import { createAutoConnector } from '../../../main/agent/tunnels/auto-connector.ts';
import { createBuiltinConnector } from '../../../main/agent/tunnels/builtin-connector.ts';
import { createCloudflaredConnector } from '../../../main/agent/tunnels/cloudflared/connector.ts';
import type { Connector } from '../../../main/agent/tunnels/connector.ts';
import { createDirectConnector } from '../../../main/agent/tunnels/direct-connector.ts';
import { installCloudflared } from '../../world/cloudflared/install.ts';
import { type Fixture, startFixture } from '../../world-tests/access-fixture.ts';

export type Carried = 'builtin' | 'real' | 'double' | 'direct' | 'auto';

/** Connectors to the applications of a fixture, put together as `createTunnels` does. */
export interface Carrier {
  readonly world: Fixture;
  readonly access: Access;
  readonly log: string[];
  /** `auto` has turned to cloudflared. */
  readonly turns: string[];
  connector(hostname: string, destination?: string): Connector;
  login(hostname: string): Promise<void>;
  dial(hostname: string): Promise<Duplex>;
  close(): Promise<void>;
}

export async function startCarrier(options: {
  readonly carried: Carried;
  /** Of the real cloudflared. */
  readonly program?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** What stands in the place of the network that `builtin` uses. */
  readonly network?: (real: Network) => Network;
}): Promise<Carrier> {
  const { carried } = options;
  const world = await startFixture({ transferHoldMs: 3_000 });
  const program =
    carried === 'real' ? options.program : await installCloudflared(path.join(world.home, 'program'));
  const env = {
    HTTPS_PROXY: world.proxy.url,
    SSL_CERT_FILE: world.authorityFile,
    K8S_TUNNELS_CLOUDFLARED: program,
    ...options.env,
  };
  trustAuthorities({ env });
  const real = createNetwork(env);
  const network = options.network?.(real) ?? real;
  const log: string[] = [];
  const turns: string[] = [];
  const write = (message: string, fields?: object) => void log.push(JSON.stringify({ message, ...fields }));
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const access = createAccess({
    network: real,
    clock: systemClock,
    logger,
    folder: path.join(world.home, '.cloudflared'),
    openUrl: (url) => openUrl(url, { ...process.env, ...env, BROWSER: world.browser.command }),
    onLogins: () => {},
  });
  const parts = {
    env,
    home: world.home,
    resources: undefined,
    state: path.join(world.home, 'state'),
    logger,
  };
  const connectors = new Map<string, Connector>();
  const make = (hostname: string, destination: string | undefined): Connector => {
    if (carried === 'direct') return createDirectConnector({ host: '127.0.0.1', port: world.originPort });
    const builtin = createBuiltinConnector({ network, access, hostname, destination });
    if (carried === 'builtin') return builtin;
    const cloudflared = createCloudflaredConnector({ parts, access, builtin, hostname, destination });
    if (carried !== 'auto') return cloudflared;
    const onTurn = () => void turns.push(hostname);
    return createAutoConnector({ builtin, cloudflared, mayTurn: async () => true, onTurn });
  };
  const connector: Carrier['connector'] = (hostname, destination) => {
    const known = connectors.get(hostname) ?? make(hostname, destination);
    connectors.set(hostname, known);
    return known;
  };
  return {
    world,
    access,
    log,
    turns,
    connector,
    login: (hostname) =>
      connector(hostname).prepare({
        interactive: true,
        signal: AbortSignal.timeout(10_000),
        onLogin: () => {},
      }),
    dial: (hostname) => connector(hostname).dial({ signal: AbortSignal.timeout(10_000) }),
    async close() {
      await Promise.all([...connectors.values()].map((each) => each.close?.()));
      access.close();
      real.reset();
      await world.close();
    },
  };
}
