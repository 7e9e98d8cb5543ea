import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pathsFrom } from '../../main/agent/paths.ts';
import { connectAgent } from '../../main/api/socket/client.ts';

/**
 * `start-packed.ts PROGRAM APP [ARGUMENT…]`: starts a packed app in a home of its own, waits until it hosts the agent,
 * asks its command line PROGRAM for the status, tells it to quit and waits for its end. For where a current Electron is.
 */
const [program = '', app = '', ...args] = process.argv.slice(2);
const home = await mkdtemp(path.join(tmpdir(), 'packed-'));
const env = {
  ...process.env,
  ...{ HOME: home, USERPROFILE: home, APPDATA: home, LOCALAPPDATA: home },
  ...{ XDG_CONFIG_HOME: undefined, XDG_STATE_HOME: undefined },
};
const paths = pathsFrom(env);
const child = spawn(app, args, { env, stdio: 'inherit' });
const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
const limit = Date.now() + 60_000;

try {
  for (;;) {
    const client = await connectAgent({ path: paths.socket, state: paths.state });
    client?.close();
    if (client !== undefined) break;
    if (child.exitCode !== null) throw new Error(`the app ended with ${child.exitCode}`);
    if (Date.now() > limit) throw new Error('the app did not host an agent within a minute');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const ask = (command: string) => promisify(execFile)(program, [command, '--json'], { env });
  const { agent } = JSON.parse((await ask('status')).stdout) as { readonly agent: { readonly pid: number } };
  if (agent.pid !== child.pid)
    throw new Error(`process ${agent.pid} is the agent, not the app (${child.pid})`);
  await ask('quit');
  console.log(`the app hosted the agent and quit (exit code ${await ended})`);
} finally {
  child.kill();
  await ended;
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
