import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { firstPerson } from '../world/people.ts';
import type { World } from '../world/world.ts';

/**
 * Starts what opens the world's browser for addresses that are posted to it (`opener.ts`): Wine's programs
 * cannot start a program of Linux, and Windows cannot start the world's shell script.
 */
export async function startBrowsers(
  world: World,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const program = path.resolve(import.meta.dirname, '..', 'world', 'person', 'browser.ts');
  const { email, password } = firstPerson(world.plan.people);
  const { HTTPS_PROXY, NODE_EXTRA_CA_CERTS } = world.env;
  const env = {
    ...{ PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, HTTPS_PROXY, NODE_EXTRA_CA_CERTS },
    WORLD_PERSON_EMAIL: email,
    WORLD_PERSON_PASSWORD: password,
    WORLD_PERSON_JAR: path.join(world.browser.folder, 'cookies.json'),
  };
  const server = createServer((request, response) => {
    void text(request).then((address) => {
      const child = spawn(process.execPath, [program, address], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      child.once('spawn', () => response.end());
      child.once('error', () => response.writeHead(500).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
