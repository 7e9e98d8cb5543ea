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

/** Where a fixture is, maybe one in another process. */
export interface FixtureAddress {
  readonly home: string;
  readonly proxy: string;
  readonly authorityFile: string;
  /** The program for `BROWSER`. */
  readonly browser: string;
  readonly originPort: number;
}

interface Options {
  readonly carried: Carried;
  /** Of the real cloudflared. */
  readonly program?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly serviceToken?: NonNullable<Parameters<typeof createAccess>[0]['serviceToken']>;
  /** What stands in the place of the network that `builtin` uses. */
  readonly network?: (real: Network) => Network;
}

export function addressOf({ home, proxy, authorityFile, browser, originPort }: Fixture): FixtureAddress {
  return { home, proxy: proxy.url, authorityFile, browser: browser.command, originPort };
}

/** Connectors to the applications of a fixture, put together as `createTunnels` does. */
export interface Wired {
  readonly access: Access;
  readonly log: string[];
  /** `auto` has turned to cloudflared. */
  readonly turns: string[];
  connector(hostname: string, destination?: string): Connector;
  /** One more to the same application. */
  another(hostname: string): Connector;
  login(hostname: string): Promise<void>;
  dial(hostname: string): Promise<Duplex>;
  close(): Promise<void>;
}

/** With a fixture of its own. */
export interface Carrier extends Wired {
  readonly world: Fixture;
}

export async function startCarrier(options: Options): Promise<Carrier> {
  const world = await startFixture({ transferHoldMs: 3_000 });
  const wired = await wireCarrier(addressOf(world), options);
  return {
    ...wired,
    world,
    async close() {
      await wired.close();
      await world.close();
    },
  };
}

export async function wireCarrier(address: FixtureAddress, options: Options): Promise<Wired> {
  const { carried } = options;
  const { home } = address;
  const program = carried === 'real' ? options.program : await installCloudflared(path.join(home, 'program'));
  const env = {
    HTTPS_PROXY: address.proxy,
    SSL_CERT_FILE: address.authorityFile,
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
    folder: path.join(home, '.cloudflared'),
    openUrl: (url) => openUrl(url, { ...process.env, HOME: home, ...env, BROWSER: address.browser }),
    onLogins: () => {},
    ...(options.serviceToken === undefined ? {} : { serviceToken: options.serviceToken }),
  });
  const parts = {
    env,
    home,
    resources: undefined,
    state: path.join(home, 'state'),
    logger,
  };
  const connectors = new Map<string, Connector>();
  const make = (hostname: string, destination: string | undefined): Connector => {
    if (carried === 'direct') return createDirectConnector({ host: '127.0.0.1', port: address.originPort });
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
    access,
    log,
    turns,
    connector,
    another: (hostname) => make(hostname, undefined),
    login: (hostname) =>
      connector(hostname).prepare({
        interactive: true,
        signal: AbortSignal.timeout(60_000),
        onLogin: () => {},
      }),
    dial: (hostname) => connector(hostname).dial({ signal: AbortSignal.timeout(60_000) }),
    async close() {
      await Promise.all([...connectors.values()].map((each) => each.close?.()));
      access.close();
      real.reset();
    },
  };
}
