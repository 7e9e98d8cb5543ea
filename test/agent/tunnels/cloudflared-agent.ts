import { silentLogger } from '../../../main/agent/parts.ts';
import { startChild } from '../../../main/agent/tunnels/cloudflared/child.ts';

/** Stands for an agent that can be killed: starts the cloudflared that it is told, and prints its pid. */
const [program = ''] = process.argv.slice(2);
const child = await startChild({
  program,
  args: ['--hostname', 'nowhere.invalid'],
  env: { HOME: '/nonexistent', PATH: '' },
  logger: silentLogger,
  signal: new AbortController().signal,
  onEvent: () => {},
});
console.log(child.pid);
setInterval(() => {}, 60_000);
