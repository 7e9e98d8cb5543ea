import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createAuthority } from '../../world/authority.ts';
import { startLoopbackServer } from '../../world/loopback-server.ts';

/** Who publishes a configuration: a real https server, with ETags as servers give them. */
export interface Publisher {
  /** PEM. */
  readonly authority: string;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** What is asked, as `GET /path status`. */
  readonly asked: string[];
  publish(path: string, body: string): void;
  /** An answer of another kind. */
  answer(path: string, statusCode: number, headers?: Readonly<Record<string, string>>): void;
  withdraw(path: string): void;
  close(): Promise<void>;
}

export async function startPublisher(): Promise<Publisher> {
  const authority = await createAuthority('Publisher CA');
  const pages = new Map<
    string,
    { statusCode: number; headers: Readonly<Record<string, string>>; body: string }
  >();
  const asked: string[] = [];
  const server = await startLoopbackServer(
    async ({ method, target, headers }) => {
      const page = pages.get(target) ?? { statusCode: 404, headers: {}, body: 'not here' };
      const isKnown = page.headers.etag !== undefined && page.headers.etag === headers['if-none-match'];
      const answer = isKnown ? { statusCode: 304, headers: page.headers, body: '' } : page;
      asked.push(`${method} ${target} ${answer.statusCode}`);
      return { kind: 'answer', ...answer };
    },
    await authority.issueServer(['127.0.0.1']),
  );
  return {
    authority: authority.certificate,
    url: server.url,
    asked,
    publish(path, body) {
      const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 12)}"`;
      pages.set(path, { statusCode: 200, headers: { 'content-type': 'application/yaml', etag }, body });
    },
    answer: (path, statusCode, headers = {}) => void pages.set(path, { statusCode, headers, body: '' }),
    withdraw: (path) => void pages.delete(path),
    close: () => server.close(),
  };
}

/** Signs as an administrator would with openssl; `key` is the public key as it is handed out. */
export function createSigner(): { readonly key: string; sign(text: string): string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  return { key, sign: (text) => `${sign(null, Buffer.from(text), privateKey).toString('base64')}\n` };
}
