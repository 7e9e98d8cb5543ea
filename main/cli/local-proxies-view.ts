import type { ClusterId } from '../model/cluster.ts';
import type { LocalProxy } from '../model/local-proxy.ts';
import { byteSize, plural } from '../model/wording.ts';
import { span } from './span.ts';
import { table } from './table.ts';
import { paint, printable } from './terminal.ts';

/** Lists the local TLS proxies with what passes through them, each with the separate kubeconfigs that lead to it. */
export function localProxyLines(
  proxies: readonly LocalProxy[],
  titleOf: (id: ClusterId) => string,
  now: number,
): readonly string[] {
  if (proxies.length === 0) return [];
  const rows = proxies.flatMap(({ cluster, port, connections, sent, received, files }) => [
    [
      printable(titleOf(cluster)),
      `127.0.0.1:${port}`,
      plural(connections, { one: '# connection', other: '# connections' }),
      `${byteSize(sent)} sent, ${byteSize(received)} received`,
    ],
    ...files.map(({ file, container, readOnly, until }) => [
      `  ${printable(file)}`,
      container === undefined ? '' : 'container',
      readOnly === undefined ? '' : 'read-only',
      paint('dim', `ends in ${span(until - now)}`),
    ]),
  ]);
  return ['Local TLS proxies', ...table(rows, '  ')];
}
