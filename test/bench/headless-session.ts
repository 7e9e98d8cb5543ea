import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A display and a session bus of its own, for programs that are started with `env`. */
export interface HeadlessSession {
  readonly env: Readonly<Record<string, string>>;
  close(): void;
}

/** Rejects where Xvfb or dbus-daemon is not installed. */
export async function headlessSession(): Promise<HeadlessSession> {
  const printed = async (program: string, args: readonly string[]) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child, 'spawn');
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, text: text.toString().trim() };
  };
  const display = await printed('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24']);
  const bus = await printed('dbus-daemon', ['--session', '--nofork', '--print-address=1']);
  return {
    env: { DISPLAY: `:${display.text}`, DBUS_SESSION_BUS_ADDRESS: bus.text },
    close() {
      for (const { child } of [display, bus]) child.kill();
    },
  };
}
