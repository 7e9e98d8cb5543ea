import { beforeEach, describe, expect, test } from 'vitest';
import { type Credentials, createCredentials } from '../../../main/agent/credentials/credentials.ts';
import type { Credential } from '../../../main/agent/providers/credential-provider.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { eksCluster, type HeldClock, heldClock } from '../catalog/clusters.ts';

const minute = 60_000;
const cluster: Cluster = eksCluster('payments');
let clock: HeldClock;
let made: number;
let identity: unknown;
let lifeMs: number | undefined;
let credentials: Credentials;

beforeEach(() => {
  clock = heldClock();
  made = 0;
  identity = 'ada';
  lifeMs = 10 * minute;
  const make = async (): Promise<Credential> => {
    made += 1;
    const expiresAt = lifeMs === undefined ? undefined : clock.now() + lifeMs;
    return { kind: 'token', token: `token ${made}`, expiresAt };
  };
  const credential = { kind: 'eks', prepare: async () => ({ identity, make }) } as const;
  credentials = createCredentials({ clock, providers: [{ credential }] });
});

const getAfter = async (ms: number) => {
  clock.advance(ms);
  const credential = await credentials.get(cluster);
  // How long it is kept is decided after it was given.
  await new Promise((resolve) => setImmediate(resolve));
  return credential;
};
const token = (number: number) => expect.objectContaining({ token: `token ${number}` });

describe('a credential', () => {
  test('is renewed a minute before it expires, so that kubectl never gets one that is about to end', async () => {
    expect(await getAfter(0)).toEqual(token(1));
    expect(await getAfter(9 * minute - 1)).toEqual(token(1));
    expect(await getAfter(1)).toEqual(token(2));
    expect(await getAfter(9 * minute - 1)).toEqual(token(2));
  });

  test('that lasts no longer than that is not kept', async () => {
    lifeMs = minute;
    expect([await getAfter(0), await getAfter(0)]).toEqual([token(1), token(2)]);
  });

  test('without an expiry is made again within five minutes, so that a rotated one is found', async () => {
    lifeMs = undefined;
    expect(await getAfter(0)).toEqual(token(1));
    expect(await getAfter(3 * minute)).toEqual(token(1));
    expect(await getAfter(2 * minute)).toEqual(token(2));
  });

  test('of nobody is not kept', async () => {
    identity = undefined;
    expect([await getAfter(0), await getAfter(0)]).toEqual([token(1), token(2)]);
  });

  test('is dropped when somebody signs in or out', async () => {
    expect(await getAfter(0)).toEqual(token(1));
    credentials.forgetAll();
    expect(await getAfter(0)).toEqual(token(2));
  });
});
