import { jsonAnswer } from '../agent/compare/api-reader.ts';
import { statusSchema } from '../agent/compare/kube-objects.ts';
import type { Clock } from '../agent/parts.ts';
import type { Output } from '../api/contract.ts';
import { AppError } from '../model/app-error.ts';
import { namespaceSchema } from '../model/terminal.ts';
import type { CallAgent } from './agent-calls.ts';
import { getThroughProxy, type ProxyAccess, type ProxyAnswer, readAccess } from './proxy.ts';
import type { AboutCluster } from './results.ts';

/** A page of a list, or one object. */
const answerBytes = 8 * 1024 * 1024;
/** How long the agent waits for an answer before it is asked again: it can be replaced in between. */
const askMs = 4_000;
/** Clients give up after a minute. */
const connectMs = 50_000;
/** How long the user is asked after the last call of `connect`. */
const questionMs = 10 * 60_000;

/** A cluster that `connect` has opened for this client. */
export interface OpenCluster extends AboutCluster {
  readonly terminal: string;
  /** Its kubeconfig, which can only read. */
  readonly file: string;
}

export type Opened =
  | { readonly status: 'open'; readonly cluster: OpenCluster; readonly namespace: string }
  | {
      readonly status: 'waiting';
      readonly cluster: Omit<AboutCluster, 'id'>;
      /** The user has not answered yet, or the tunnel is not up yet. */
      readonly for: 'confirmation' | 'tunnel';
    };

interface Opening {
  readonly work: Promise<Opened>;
  about: Omit<AboutCluster, 'id'>;
  waitsFor: 'confirmation' | 'tunnel';
  /** When the question ends, ms since the epoch. */
  until: number;
}

export interface Read {
  /** A path of the API server with its query. */
  readonly path: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
}

/** The clusters that are open for one AI client. */
export interface OpenClusters {
  /** Opens a cluster. Calling it again continues to wait. Rejects as the operation `mcp-open` does. */
  connect(word: string, signal: AbortSignal): Promise<Opened>;
  list(): readonly OpenCluster[];
  /** Throws `not-found` if no cluster of this name is open. */
  find(word: string): OpenCluster;
  /** Resolves with the namespace of its tag, otherwise `default`. */
  namespaceOf(cluster: OpenCluster): Promise<string>;
  /** Resolves with parsed JSON. Rejects with `kube-unauthorized`, `not-found`, `kube-unready` or `answer-refused`. */
  readJson(cluster: OpenCluster, read: Read): Promise<unknown>;
  /** Resolves with the beginning of a text, and with whether it was cut. */
  readText(
    cluster: OpenCluster,
    read: Read & { readonly mostBytes: number },
  ): Promise<{ text: string; isCut: boolean }>;
}

export function createOpenClusters(options: {
  readonly call: CallAgent;
  readonly pid: number;
  readonly clientName: () => string;
  readonly clock: Clock;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}): OpenClusters {
  const { call, pid, clientName, clock, signal: gone } = options;
  const open = new Map<string, OpenCluster>();
  /** By what was asked for. Calls that wait for the same cluster share one. */
  const opening = new Map<string, Opening>();

  const accessOf = async (cluster: OpenCluster): Promise<ProxyAccess> => {
    const access = await readAccess(cluster.file);
    if (access !== undefined) return access;
    open.delete(cluster.id);
    throw new AppError('not-found', `Access to ${cluster.title} has been ended.`, {
      hint: 'Call connect for it. If the user ended it, ask first.',
    });
  };
  const send = async (
    cluster: OpenCluster,
    { path, accept = 'application/json', signal }: Read,
    limits: { readonly mostBytes: number; readonly cuts?: boolean },
  ): Promise<ProxyAnswer> => {
    const get = async () => getThroughProxy(await accessOf(cluster), path, { accept, signal, ...limits });
    const answer = await get().catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'agent-unreachable') throw error;
      // The agent was replaced, or has ended. This waits until the next one listens.
      await call('mcp-check', { terminal: cluster.terminal }, { signal });
      return get();
    });
    // The secret has ended: connect gets another one, and asks the user again about production.
    if (answer.status === 401 && isOfProxy(answer)) open.delete(cluster.id);
    return answer;
  };
  const accept = async (opened: Extract<Output<'mcp-open'>, { status: 'open' }>): Promise<Opened> => {
    const { cluster: id, title, production, terminal, file } = opened;
    const cluster = { id, title, ...(production === undefined ? {} : { production }), terminal, file };
    open.set(id, cluster);
    return { status: 'open', cluster, namespace: await namespaceOf(cluster) };
  };
  const namespaceOf = async (cluster: OpenCluster) =>
    namespaceSchema.safeParse((await accessOf(cluster)).namespace).data ?? 'default';

  return {
    async connect(word, signal) {
      const known = opened(open, word);
      if (known !== undefined && (await readAccess(known.file)) !== undefined)
        return { status: 'open', cluster: known, namespace: await namespaceOf(known) };
      const entry = opening.get(word) ?? begin(word);
      entry.until = clock.now() + questionMs;
      const late = new AbortController();
      const isLate = clock
        .sleep(connectMs, AbortSignal.any([signal, late.signal]))
        .catch(() => {})
        .then(() => 'late' as const);
      const first = await Promise.race([entry.work, isLate]).finally(() => late.abort());
      if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
      return first === 'late' ? { status: 'waiting', cluster: entry.about, for: entry.waitsFor } : first;
    },
    list: () => [...open.values()],
    find(word) {
      const found = opened(open, word);
      if (found !== undefined) return found;
      throw new AppError('not-found', `${word} is not open for this client.`, {
        hint: 'Call connect with it first. The tool list_clusters has the names.',
      });
    },
    namespaceOf,
    async readJson(cluster, read) {
      return explained(cluster, await send(cluster, read, { mostBytes: answerBytes }));
    },
    async readText(cluster, { mostBytes, ...read }) {
      const answer = await send(cluster, { accept: '*/*', ...read }, { mostBytes, cuts: true });
      if (answer.status !== 200) explained(cluster, answer);
      return { text: answer.bytes.toString('utf8'), isCut: answer.isCut };
    },
  };

  function begin(word: string): Opening {
    const entry: Opening = {
      work: Promise.resolve().then(() => openUntilAnswered(word, () => entry)),
      about: { title: word },
      waitsFor: 'tunnel',
      until: 0,
    };
    entry.work.catch(() => {}).finally(() => opening.delete(word));
    opening.set(word, entry);
    return entry;
  }

  async function openUntilAnswered(word: string, entry: () => Opening): Promise<Opened> {
    for (;;) {
      const input = { cluster: word, client: clientName(), pid, waitMs: askMs };
      const answer = await call('mcp-open', input, { signal: gone });
      if (answer.status === 'open') return accept(answer);
      const { title, production } = answer;
      entry().about = { title, ...(production === undefined ? {} : { production }) };
      entry().waitsFor = 'confirmation';
      if (gone.aborted || clock.now() > entry().until)
        throw new AppError('timeout', 'The user has not answered.');
    }
  }
}

function serverOf({ title }: OpenCluster): string {
  return `The API server of ${title}`;
}

function opened(open: ReadonlyMap<string, OpenCluster>, word: string): OpenCluster | undefined {
  const same = (text: string) => text.toLowerCase() === word.toLowerCase();
  const all = [...open.values()];
  const found = all.find(({ id }) => id === word) ?? all.filter(({ title }) => same(title));
  if (!Array.isArray(found)) return found;
  return found.length === 1 ? found[0] : undefined;
}

/** Returns true if the local proxy itself says why it refuses. */
function isOfProxy({ bytes }: ProxyAnswer): boolean {
  return bytes.includes('"k8s-tunnels: ');
}

/** Returns the JSON of an answer. Throws with what only this server knows of the fix. */
function explained(cluster: OpenCluster, answer: ProxyAnswer): unknown {
  const { status, bytes } = answer;
  if (status === 400 || status === 406 || status === 422)
    throw new AppError('bad-input', statusText(bytes) ?? `${serverOf(cluster)} refuses the request.`, {
      hint: 'Change the arguments as the cause says.',
    });
  try {
    return jsonAnswer(status, bytes, serverOf(cluster));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (status === 401 && isOfProxy(answer))
      throw new AppError('kube-unauthorized', error.message, {
        hint: 'Its session has ended. Call connect with it again.',
      });
    if (status === 403 && isOfProxy(answer))
      throw new AppError('kube-unauthorized', error.message, {
        hint: 'Only reading is possible here, without the data of Secrets. The user can do it with kubectl.',
      });
    if (status === 404)
      throw new AppError('not-found', error.message, {
        hint: 'Check the name, the kind and the namespace: the tool get lists what there is.',
      });
    throw error;
  }
}

/** Returns the message of an API server that refuses a request. */
function statusText(bytes: Buffer): string | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data?.message;
  } catch {
    return undefined;
  }
}
