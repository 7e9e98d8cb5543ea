import { type Duplex, duplexPair } from 'node:stream';
import { expect, it } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import type { Connector } from '../../../main/agent/tunnels/connector.ts';
import { readExactly } from '../../../main/agent/tunnels/read-exactly.ts';
import { dialOrigin, withDialsCounted } from '../../../main/agent/tunnels/way.ts';

const privateHost = 'api.privatelink.westeurope.azmk8s.io';
const publicHost = 'api.hcp.westeurope.azmk8s.io';

/** A far end that speaks SOCKS5 and resolves only the names it knows (RFC 1928; reply 4: host unreachable). */
function farEnd(names: readonly string[]) {
  const asked: string[] = [];
  const serve = async (stream: Duplex) => {
    await readExactly(stream, 3);
    const head = await readExactly(stream, 5);
    const name = (await readExactly(stream, (head[4] ?? 0) + 2)).subarray(0, -2).toString();
    asked.push(name);
    stream.write(Buffer.from([5, 0, 5, names.includes(name) ? 0 : 4, 0, 1, 0, 0, 0, 0, 0, 0]));
  };
  const connector: Connector = {
    kind: () => 'builtin',
    async prepare() {},
    async dial({ passed }) {
      passed?.('edge');
      const [near, far] = duplexPair();
      serve(far).catch(() => {});
      return near;
    },
  };
  const dial = (otherHost: string | undefined) =>
    dialOrigin({
      way: {
        connector,
        origin: 'socks',
        server: {
          target: { host: privateHost, port: 443 },
          otherHost,
          authority: undefined,
          serverName: undefined,
        },
      },
      clock: systemClock,
      signal: new AbortController().signal,
    });
  return { asked, dial };
}

it('tries the other name where the far end does not know the first', async () => {
  const { asked, dial } = farEnd([publicHost]);
  const stream = await dial(publicHost);
  expect(stream.destroyed).toBe(false);
  expect(asked).toEqual([privateHost, publicHost]);
});

it('asks for the first name alone where that is known', async () => {
  const { asked, dial } = farEnd([privateHost]);
  await dial(publicHost);
  expect(asked).toEqual([privateHost]);
});

it.each([[publicHost], [undefined]])(
  'reports the first name where none is known (other: %s)',
  async (other) => {
    const { asked, dial } = farEnd([]);
    await expect(dial(other)).rejects.toMatchObject({
      code: 'origin-failed',
      message: expect.stringContaining(privateHost),
    });
    expect(asked).toHaveLength(other === undefined ? 1 : 2);
  },
);

it('reports each connection as opened or failed, and one that was given up as neither', async () => {
  const results: string[] = [];
  const gone = new AbortController();
  const answers: readonly (() => Promise<Duplex>)[] = [
    async () => duplexPair()[0],
    () => Promise.reject(new Error('refused')),
    () => {
      gone.abort();
      return Promise.reject(new Error('cancelled'));
    },
  ];
  let asked = 0;
  const connector: Connector = {
    kind: () => 'builtin',
    async prepare() {},
    dial: () => answers[asked++]?.() ?? Promise.reject(new Error('no answer')),
  };
  const server = { target: { host: 'a', port: 443 }, authority: undefined, serverName: undefined };
  const way = withDialsCounted({ connector, origin: 'tcp', server }, (result) => results.push(result));
  const dial = () => way.connector.dial({ signal: gone.signal });
  await dial();
  await expect(dial()).rejects.toThrow('refused');
  await expect(dial()).rejects.toThrow('cancelled');
  expect(results).toEqual(['opened', 'failed']);
  expect(way.connector.kind()).toBe('builtin');
});
