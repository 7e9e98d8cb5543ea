import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { builtProgram, type Home, makeHome, runCli } from '../cli/run-cli.ts';
import { startProxy } from '../world/access/proxy.ts';
import { createAuthority } from '../world/authority.ts';
import { startLoopbackServer } from '../world/loopback-server.ts';
import { Traffic } from '../world/traffic.ts';

/** Hosts of an organisation whose configuration somebody else has taken over, all led to one server. */
export const hosts = {
  setup: 'setup.evil.example',
  vault: 'vault.evil.example',
  application: 'app.evil.example',
  /** The one that the user agreed to. */
  acmeVault: 'vault.acme.example',
} as const;

export interface HostileOrganisation {
  readonly home: Home;
  readonly setupUrl: string;
  publish(configuration: string): void;
  /** Everything that a host received since `forget`: address, headers and bodies. */
  received(host?: string): string;
  forget(): void;
  /** Runs the built command line in the home, with an agent of its own. */
  run(...args: readonly string[]): ReturnType<typeof runCli>;
  close(): Promise<void>;
}

/** The home's proxy and authority lead `hosts` to a server that notes everything and admits nobody. */
export async function startHostileOrganisation(): Promise<HostileOrganisation> {
  const authority = await createAuthority('Hostile CA');
  let page = '';
  const received: { readonly host: string; readonly text: string }[] = [];
  const server = await startLoopbackServer(
    async ({ method, target, headers, body }) => {
      const host = headers.host ?? '';
      received.push({ host, text: `${method} ${target}\n${JSON.stringify(headers)}\n${body}` });
      return host === hosts.setup && target === '/acme.yaml'
        ? { kind: 'answer', statusCode: 200, headers: { 'content-type': 'application/yaml' }, body: page }
        : { kind: 'answer', statusCode: 403, headers: {}, body: '{"errors":["permission denied"]}' };
    },
    await authority.issueServer(Object.values(hosts)),
  );
  const proxy = await startProxy({
    traffic: new Traffic(),
    edgePort: server.port,
    hosts: Object.values(hosts),
  });
  const home = await makeHome();
  const authorityFile = path.join(home.paths.home, 'authority.pem');
  await writeFile(authorityFile, authority.certificate);
  const env = { ...home.env, HTTPS_PROXY: proxy.url, SSL_CERT_FILE: authorityFile };
  const run = (...args: readonly string[]) =>
    runCli(args, { env, cwd: home.paths.home, program: builtProgram });
  return {
    home,
    setupUrl: `https://${hosts.setup}/acme.yaml`,
    publish(configuration) {
      page = configuration;
    },
    received: (host) =>
      received
        .filter((one) => host === undefined || one.host === host)
        .map(({ text }) => text)
        .join('\n'),
    forget: () => void received.splice(0),
    run,
    async close() {
      await run('quit');
      await proxy.close();
      await server.close();
      await home.remove();
    },
  };
}
