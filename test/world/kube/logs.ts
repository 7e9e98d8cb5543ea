import { EventEmitter } from 'node:events';
import { type Exchange, startAnswer } from './exchange.ts';
import type { Pod } from './objects.ts';
import { podType } from './resource-types.ts';
import { badRequest } from './status.ts';
import type { Store } from './store.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

interface Source {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

const keyOf = ({ namespace, pod, container }: Source) => `${namespace}/${pod}/${container}`;

/** What the containers of a cluster wrote. */
export class Logs {
  readonly #lines = new Map<string, Line[]>();
  readonly #written = new EventEmitter<Record<string, [Line]>>().setMaxListeners(0);

  append(source: Source, text: string): void {
    const key = keyOf(source);
    const line = { at: Date.now(), text };
    this.#lines.set(key, [...this.read(source), line]);
    this.#written.emit(key, line);
  }

  read(source: Source): readonly Line[] {
    return this.#lines.get(keyOf(source)) ?? [];
  }

  /** The answer ends it. */
  follow(source: Source, listener: (line: Line) => void): () => void {
    this.#written.on(keyOf(source), listener);
    return () => this.#written.off(keyOf(source), listener);
  }
}

/** Answers `pods/NAME/log` as the kubelet does: plain text, in pieces while followed, until the pod is gone. */
export function answerLog(given: {
  readonly exchange: Exchange;
  readonly pod: Pod;
  readonly logs: Logs;
  readonly store: Store;
}): void {
  const { exchange, pod, logs, store } = given;
  const { query, response } = exchange;
  const { name, namespace = '' } = pod.metadata;
  const container = chooseContainer(pod, query.get('container'));
  checkStarted(pod, container);
  const source = { namespace, pod: name, container };
  if (query.get('previous') === 'true') {
    throw badRequest(`previous terminated container "${source.container}" in pod "${name}" not found`);
  }
  const timestamps = query.get('timestamps') === 'true';
  const write = (line: Line) => response.write(formatLine(line, timestamps));

  const limit = Number(query.get('limitBytes')) || Number.POSITIVE_INFINITY;
  const past = selectLines(logs.read(source), query)
    .map((line) => formatLine(line, timestamps))
    .join('');
  startAnswer(exchange, 200, { 'content-type': 'text/plain' });
  response.write(Buffer.from(past).subarray(0, limit));
  if (query.get('follow') !== 'true') {
    response.end();
    return;
  }
  // A container that is silent must still be seen to be followed.
  response.flushHeaders();
  const unfollow = logs.follow(source, write);
  const unsubscribe = store.subscribe(({ kind, type, object }) => {
    const gone = kind === 'DELETED' && type === podType && object.metadata.uid === pod.metadata.uid;
    if (gone) response.end();
  });
  response.on('close', () => {
    unfollow();
    unsubscribe();
  });
}

/** The container that a request names, or the only one; rejects with 400 in the words of the API server. */
export function chooseContainer(pod: Pod, asked: string | null): string {
  const { name } = pod.metadata;
  const names = pod.spec.containers.map((container) => container.name);
  const [only = '', ...others] = names;
  if (!asked && others.length > 0) {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
  const container = asked || only;
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`);
  return container;
}

function checkStarted(pod: Pod, container: string): void {
  const status = pod.status.containerStatuses?.find((each) => each.name === container);
  const waiting = status?.restartCount === 0 ? status.state.waiting?.reason : undefined;
  if (waiting) {
    throw badRequest(
      `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${waiting}`,
    );
  }
}

function selectLines(lines: readonly Line[], query: URLSearchParams): readonly Line[] {
  const seconds = query.get('sinceSeconds');
  const time = query.get('sinceTime');
  const since = seconds !== null ? Date.now() - Number(seconds) * 1000 : time !== null ? Date.parse(time) : 0;
  const recent = lines.filter((line) => line.at >= since);
  const tail = query.get('tailLines');
  return tail === null ? recent : recent.slice(Math.max(0, recent.length - Number(tail)));
}

/** The time has nine digits, as the kubelet writes it. */
const formatLine = ({ at, text }: Line, timestamps: boolean) =>
  timestamps ? `${new Date(at).toISOString().replace('Z', '000000Z')} ${text}\n` : `${text}\n`;
