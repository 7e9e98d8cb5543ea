import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Miniflare } from 'miniflare';
import { build } from 'vite';
import type { Channel, KeyValueStore } from '../../../resources/worker/src/environment.ts';
import { readChannel, type StoredRelease, writeChannel } from '../../../resources/worker/src/stored.ts';
import { givenOut } from '../given-out.ts';

const folder = path.resolve(import.meta.dirname, '../../../resources/worker');

export interface ReleaseFeed {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** ed25519, 32 bytes in base64. */
  readonly publicKey: string;
  readonly secret: string;
  publish(channel: string, release: Readonly<Record<string, unknown>>): Promise<Response>;
  /** Puts something in the place of what was published, as only the operator could. */
  tamper(
    channel: Channel,
    change: (releases: readonly StoredRelease[]) => readonly StoredRelease[],
  ): Promise<void>;
  close(): Promise<void>;
}

/** The real Worker in workerd, as `wrangler.jsonc` says, with an empty KV. */
export async function startReleaseFeed(
  bindings: Readonly<Record<string, string>> = {},
): Promise<ReleaseFeed> {
  const config = await readWorkerConfig();
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secret = givenOut(randomBytes(24).toString('base64url'), 'the secret of the release feed');
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const namespaces = config.kv_namespaces.map(({ binding }) => binding);
  const worker = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    modules: true,
    script: await bundle(path.join(folder, config.main)),
    compatibilityDate: config.compatibility_date,
    kvNamespaces: namespaces,
    bindings: {
      PUBLISH_SECRET: secret,
      SIGNING_KEY: givenOut(signingKey, "the release feed's key"),
      ...bindings,
    },
  });
  const { origin } = await worker.ready;
  return {
    url: origin,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64'),
    secret,
    publish: (channel, release) =>
      fetch(`${origin}/v1/releases/${channel}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}` },
        body: JSON.stringify(release),
      }),
    async tamper(channel, change) {
      // Its own types come with a package that is not here.
      const store = (await worker.getKVNamespace(namespaces[0] ?? '')) as unknown as KeyValueStore;
      await writeChannel(store, channel, change(await readChannel(store, channel)));
    },
    close: () => worker.dispose(),
  };
}

const stringOrComment = /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** `wrangler.jsonc` as wrangler reads it. Rejects where it is no JSON with comments. */
export async function readWorkerConfig() {
  const text = await readFile(path.join(folder, 'wrangler.jsonc'), 'utf8');
  const config: unknown = JSON.parse(text.replaceAll(stringOrComment, '$1'));
  return config as {
    readonly name: string;
    readonly main: string;
    readonly compatibility_date: string;
    readonly kv_namespaces: readonly { readonly binding: string; readonly id: string }[];
  };
}

async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry, formats: ['es'], fileName: 'worker' },
    },
  });
  const [result] = [built].flat();
  if (result === undefined || !('output' in result)) throw new Error('the Worker was not bundled');
  return result.output[0].code;
}
