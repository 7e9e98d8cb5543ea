import type { WebSocket } from 'ws';
import type { Logs } from './logs.ts';
import type { Pod } from './objects.ts';
import { podType } from './resource-types.ts';
import type { Store } from './store.ts';

const channel = { stdout: 1, error: 3 } as const;

/** Shows what the container writes from now on, until the client or the pod is gone. Its stdin goes nowhere. */
export function serveAttach(given: {
  readonly socket: WebSocket;
  readonly pod: Pod;
  readonly container: string;
  readonly logs: Logs;
  readonly store: Store;
}): void {
  const { socket, pod, container, logs, store } = given;
  const { name, namespace = '', uid } = pod.metadata;
  const send = (to: number, text: string) => socket.send(Buffer.concat([Buffer.of(to), Buffer.from(text)]));
  const unfollow = logs.follow({ namespace, pod: name, container }, ({ text }) =>
    send(channel.stdout, `${text}\n`),
  );
  const unsubscribe = store.subscribe(({ kind, type, object }) => {
    if (kind !== 'DELETED' || type !== podType || object.metadata.uid !== uid) return;
    send(channel.error, JSON.stringify({ metadata: {}, status: 'Success' }));
    socket.close(1000);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    unfollow();
    unsubscribe();
  });
}
