import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sessionBus } from 'dbus-native';
import { expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { type RealDesktop, realDesktop } from './desktop-fixture.ts';
import { startKeyring } from './keyring.ts';
import type { RealDriver } from './real-driver.ts';

const hasKeyring = await promisify(execFile)('gnome-keyring-daemon', ['--version']).then(
  () => true,
  () => false,
);
// Where a real Electron is a must, so is its keychain.
const isRequired = process.env.K8S_TUNNELS_ELECTRON === 'required';
if (!hasKeyring && !isRequired) console.log('gnome-keyring-daemon is not installed');

const password = 'of the login';
/** Electron chooses the keychain by the desktop that it runs in. */
const gnome = { XDG_CURRENT_DESKTOP: 'GNOME' };
const desktop = realDesktop();

/** What the agent of the app says, and what lies on the disk. */
function facts({ commandLine, world }: RealDesktop) {
  const { state } = pathsFrom(world.env);
  return {
    signIn: () => commandLine.tunnels('login', 'azure'),
    session: async () => {
      const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
      const account = accounts.find(({ provider, ours }) => provider === 'azure' && ours);
      return { status: account?.status, store: account?.store };
    },
    /** The sum of the session's file, and the id of the key that it names. */
    async sealed() {
      const text = await readFile(path.join(state, 'azure-sign-in.json'), 'utf8');
      const [, key] = /^k8s-tunnels-sealed-2:([0-9a-f]{16}):/.exec(text) ?? [];
      return { key, sum: createHash('sha256').update(text).digest('hex') };
    },
    keys: async () => (await readdir(state)).filter((name) => name.startsWith('sign-in-key')),
    notices: async () =>
      (await commandLine.tunnels<Output<'snapshot'>>('status')).notices.map(({ message }) => message),
  };
}

async function end(driver: RealDriver): Promise<void> {
  process.kill(driver.pid, 'SIGTERM');
  await driver.ended;
}

test.skipIf(!hasKeyring && !isRequired)(
  'a session is sealed by the keychain and read back, kept beside another store, and by a denied prompt',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-keyring-'));
    const bus = sessionBus();
    const keyring = await startKeyring(bus, folder, password);
    try {
      await end(desktop().driver);
      const { world, start } = desktop();
      // No vendor's tool knows of this user.
      await rm(path.join(world.home, '.azure'), { recursive: true });
      const { signIn, session, sealed, keys, notices } = facts(desktop());
      const inKeychain = { status: 'signed-in', store: expect.stringContaining('keychain') };

      await start({ env: gnome });
      await signIn();
      const { key } = await sealed();
      expect(key).toBeDefined();
      expect(await session()).toEqual(inKeychain);
      expect(await keys()).toEqual(['sign-in-key']);
      await end(desktop().driver);

      await start({ env: gnome });
      expect(await session()).toEqual(inKeychain);
      await end(desktop().driver);
      const before = await sealed();
      expect(before.key).toBe(key);

      // Another store answers: nothing that was sealed is replaced or renamed.
      await start({ env: gnome, flags: ['--password-store=basic'] });
      expect((await session()).status).toBe('ended');
      expect(await notices()).toContainEqual(expect.stringContaining('Your keychain is not available'));
      expect([await sealed(), await keys()]).toEqual([before, ['sign-in-key']]);
      await end(desktop().driver);

      await keyring.restart(undefined);
      await start({ env: gnome });
      await vi.waitFor(() => expect(keyring.prompts()).toBeGreaterThan(0));
      expect((await session()).status).toBe('ended');
      expect(await notices()).toContainEqual(expect.stringContaining('Your keychain'));
      expect([await sealed(), await keys()]).toEqual([before, ['sign-in-key']]);
      await end(desktop().driver);

      await keyring.restart(password);
      await start({ env: gnome });
      expect(await session()).toEqual(inKeychain);
      expect((await sealed()).key).toBe(key);
      await end(desktop().driver);
    } finally {
      await keyring.stop();
      await bus.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);
