import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedVault {
  /** For `VAULT_ADDR`. */
  readonly url: string;
  readonly host: string;
  /** Every token that it was sent. */
  readonly tokens: ReadonlySet<string>;
  close(): Promise<void>;
}

/** A Vault behind a proxy that records the tokens which it is sent. */
export async function recordTokens(target: string): Promise<RecordedVault> {
  const tokens = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    const token = incoming.headers['x-vault-token'];
    if (typeof token === 'string' && token !== '') tokens.add(token);
    const { method, headers } = incoming;
    const passed = ask(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    tokens,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
