import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { managedSettings } from '../../../main/agent/organisation/managed-settings.ts';
import {
  createOrganisation,
  type OrganisationKeeper,
} from '../../../main/agent/organisation/organisation.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';
import { createSettings } from '../../../main/agent/settings/settings.ts';
import type { Organisation } from '../../../main/model/organisation.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';
import { type Publisher, startPublisher } from './publisher.ts';

export interface Rig {
  readonly publisher: Publisher;
  readonly clock: SkippingClock;
  /** Where the configuration is published. */
  readonly url: string;
  /** The managed file's place; nothing is there. */
  readonly managed: string;
  readonly config: string;
  readonly notices: string[];
  readonly changes: (Organisation | undefined)[];
  publish(text: string): void;
  /** An agent's keeper, as after a start. */
  start(): Promise<OrganisationKeeper>;
  /** Previews and agrees. */
  setUp(
    keeper: OrganisationKeeper,
    source: string,
    more?: { key?: string; replace?: boolean },
  ): Promise<void>;
  close(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const publisher = await startPublisher();
  const home = await mkdtemp(path.join(tmpdir(), 'organisation-'));
  const authorityFile = path.join(home, 'authority.pem');
  await writeFile(authorityFile, publisher.authority);
  trustAuthorities({ env: { SSL_CERT_FILE: authorityFile } });
  const network = createNetwork({});
  const clock = skippingClock();
  const managed = path.join(home, 'managed.yaml');
  const config = path.join(home, 'config');
  const notices: string[] = [];
  const changes: (Organisation | undefined)[] = [];
  const keepers: OrganisationKeeper[] = [];
  const settings = createSettings({ openStore: () => openConfStore(config), onChange: () => {} });
  return {
    publisher,
    clock,
    url: `${publisher.url}/acme.yaml`,
    managed,
    config,
    notices,
    changes,
    publish: (text) => publisher.publish('/acme.yaml', text),
    async start() {
      const keeper = await createOrganisation({
        env: { K8S_TUNNELS_MANAGED_CONFIG: managed },
        config,
        state: path.join(home, 'state'),
        network,
        clock,
        logger: silentLogger,
        settingsUnder: (organisation) => settings.under(managedSettings(organisation)),
        notice: (level, message) => notices.push(`${level}: ${message}`),
        onChange: (organisation) => changes.push(organisation),
        onView: () => {},
      });
      keepers.push(keeper);
      return keeper;
    },
    async setUp(keeper, source, more = {}) {
      const { digest } = await keeper.preview({ source, key: more.key });
      await keeper.apply({ source, digest, ...more });
    },
    async close() {
      for (const keeper of keepers) keeper.close();
      network.reset();
      await publisher.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
