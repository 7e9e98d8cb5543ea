import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  Miniflare,
  type MiniflareOptions,
  type Request as WorkerRequest,
  Response as WorkerResponse,
} from 'miniflare';
import { build } from 'vite';
import type { KeyValueStore } from '../../resources/worker/src/environment.ts';

const workerFolder = path.resolve(import.meta.dirname, '../../resources/worker');

/** A Worker in workerd. */
export interface RunningWorker {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  store(binding: string): Promise<KeyValueStore>;
  /** Replaces the variables and secrets, as `wrangler secret put` and `delete` do. What is stored and the URL stay. */
  setBindings(bindings: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** What answers the requests of a Worker: by their URL and headers. */
export type Outbound = (
  url: URL,
  headers: ReadonlyMap<string, string>,
) => Promise<{
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}>;

/**
 * Starts the Worker of `resources/worker` in workerd, as `wrangler.jsonc` says, with empty namespaces of KV: those of the
 * configuration, and `namespaces`.
 */
export async function startWorker(options: {
  readonly bindings: Readonly<Record<string, string>>;
  readonly namespaces?: readonly string[];
  /** Answers what the Worker fetches. Without it, that goes to the network. */
  readonly outbound?: Outbound;
  /** A module to run in place of the Worker. */
  readonly entry?: string;
}): Promise<RunningWorker> {
  const { bindings, namespaces = [], outbound, entry } = options;
  const config = await readWorkerConfig();
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-worker-'));
  const workerOptions: MiniflareOptions = {
    host: '127.0.0.1',
    port: 0,
    modules: true,
    script: await bundle(entry ?? path.join(workerFolder, config.main)),
    compatibilityDate: config.compatibility_date,
    kvNamespaces: [...config.kv_namespaces.map(({ binding }) => binding), ...namespaces],
    bindings: { ...bindings },
    ...(outbound === undefined
      ? {}
      : {
          outboundService: async (request: WorkerRequest) => {
            const answer = await outbound(new URL(request.url), new Map(request.headers));
            const { status, body, headers = {} } = answer;
            return new WorkerResponse(body, { status, headers: { ...headers } });
          },
        }),
  };
  const worker = startTidily(folder, workerOptions);
  const { origin } = await worker.ready;
  return {
    url: origin,
    // Its own types come with a package that is not here.
    store: async (binding) => (await worker.getKVNamespace(binding)) as unknown as KeyValueStore,
    async setBindings(next) {
      await worker.setOptions({
        ...workerOptions,
        port: Number(new URL(origin).port),
        bindings: { ...next },
      });
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
  return workerConfig(await readFile(path.join(workerFolder, 'wrangler.jsonc'), 'utf8'));
}

/** The text of such a file. Throws where it is none. */
export function workerConfig(text: string) {
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
  const { TMPDIR: original } = process.env;
  const before = new Set(signals.flatMap((signal) => process.listeners(signal)));
  try {
    process.env.TMPDIR = folder;
    return new Miniflare(options);
  } finally {
    if (original === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = original;
    for (const signal of signals)
      for (const listener of process.listeners(signal))
        if (!before.has(listener)) process.off(signal, listener);
  }
}

/** By entry: a bundle takes longer than the start of workerd. */
const bundles = new Map<string, Promise<string>>();

function bundle(entry: string): Promise<string> {
  const made = bundles.get(entry) ?? makeBundle(entry);
  bundles.set(entry, made);
  return made;
}

async function makeBundle(entry: string): Promise<string> {
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
