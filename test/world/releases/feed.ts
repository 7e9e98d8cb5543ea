import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Miniflare, type MiniflareOptions } from 'miniflare';
import { build } from 'vite';
import type { Channel, KeyValueStore } from '../../../resources/worker/src/environment.ts';
import { readChannel, type StoredRelease, writeChannel } from '../../../resources/worker/src/stored.ts';
import { givenOut } from '../given-out.ts';

const workerFolder = path.resolve(import.meta.dirname, '../../../resources/worker');

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
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-releases-'));
  const worker = startTidily(folder, {
    host: '127.0.0.1',
    port: 0,
    modules: true,
    script: await bundle(path.join(workerFolder, config.main)),
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
    async close() {
      await worker.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const stringOrComment = /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** `wrangler.jsonc` as wrangler reads it. Rejects where it is no JSON with comments. */
export async function readWorkerConfig() {
  const text = await readFile(path.join(workerFolder, 'wrangler.jsonc'), 'utf8');
  const config: unknown = JSON.parse(text.replaceAll(stringOrComment, '$1'));
  return config as {
    readonly name: string;
    readonly main: string;
    readonly compatibility_date: string;
    readonly kv_namespaces: readonly { readonly binding: string; readonly id: string }[];
  };
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Miniflare ends the process at a signal, before a world has taken away its home, and takes away its own folder some time
 * after it is closed. Here the process decides, and the folder is within `folder`.
 */
function startTidily(folder: string, options: MiniflareOptions): Miniflare {
  const { TMPDIR: usual } = process.env;
  const before = new Set(signals.flatMap((signal) => process.listeners(signal)));
  try {
    process.env.TMPDIR = folder;
    return new Miniflare(options);
  } finally {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    for (const signal of signals)
      for (const listener of process.listeners(signal))
        if (!before.has(listener)) process.off(signal, listener);
  }
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
