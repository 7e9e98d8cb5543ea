import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { defineInterface, type MessageBus } from 'dbus-native';
import { vi } from 'vitest';

const service = 'org.freedesktop.secrets';

/** The session's keychain: gnome-keyring with its files in a folder of its own. */
export interface Keyring {
  /** How often it asked to be unlocked. The answer is always no. */
  readonly prompts: () => number;
  /** Starts it again, locked where there is no password. */
  restart(password: string | undefined): Promise<void>;
  stop(): Promise<void>;
}

/** Starts gnome-keyring on the bus, unlocked. Rejects where it is not installed. */
export async function startKeyring(bus: MessageBus, folder: string, password: string): Promise<Keyring> {
  const env = {
    ...process.env,
    HOME: folder,
    XDG_DATA_HOME: path.join(folder, 'data'),
    XDG_RUNTIME_DIR: path.join(folder, 'run'),
  };
  await mkdir(env.XDG_DATA_HOME, { recursive: true });
  await mkdir(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  const prompts = await denyPrompts(bus);
  let stop = () => Promise.resolve();
  const start = async (unlockedBy: string | undefined) => {
    const unlock = unlockedBy === undefined ? [] : ['--unlock'];
    const child = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...unlock], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = once(child, 'exit');
    child.stdin.end(unlockedBy ?? '');
    stop = async () => {
      child.kill();
      await ended;
      await vi.waitFor(async () => {
        if (await hasOwner(bus)) throw new Error(`${service} is still on the bus`);
      });
    };
    await vi.waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`gnome-keyring-daemon ended with ${child.exitCode}`);
      if (!(await hasOwner(bus))) throw new Error(`${service} is not on the bus`);
    });
  };
  await start(password);
  return {
    prompts,
    async restart(unlockedBy) {
      await stop();
      await start(unlockedBy);
    },
    stop: () => stop(),
  };
}

async function hasOwner(bus: MessageBus): Promise<boolean> {
  return await bus.invoke<boolean>({
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
    member: 'NameHasOwner',
    signature: 's',
    body: [service],
  });
}

/** Is who shows the keychain's prompts, and cancels each (gcr's gcr-dbus-constants.h and dbus-prompter.xml). */
async function denyPrompts(bus: MessageBus): Promise<() => number> {
  let count = 0;
  const definition = defineInterface({
    name: 'org.gnome.keyring.internal.Prompter',
    methods: {
      BeginPrompting: {
        in: { callback: 'o' },
        handler({ callback }: { readonly callback: string }, { sender = '' }) {
          count += 1;
          setImmediate(() => {
            bus
              .invoke({
                destination: sender,
                path: callback,
                interface: 'org.gnome.keyring.internal.Prompter.Callback',
                member: 'PromptDone',
              })
              .catch(() => {});
          });
        },
      },
      PerformPrompt: { in: { callback: 'o', type: 's', properties: 'a{sv}', exchange: 's' }, handler() {} },
      StopPrompting: { in: { callback: 'o' }, handler() {} },
    },
  });
  await bus.export('/org/gnome/keyring/Prompter', definition);
  await bus.ownName('org.gnome.keyring.SystemPrompter');
  return () => count;
}
