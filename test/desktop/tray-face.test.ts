import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TrayFace, trayFace, trayPicture } from '../../main/desktop/tray-face.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { clusterId } from '../../main/model/cluster.ts';
import { drawTray } from '../../scripts/icons/tray.ts';

type Status = Snapshot['tunnels'][number]['state']['status'];

const state = (statuses: readonly Status[], more: Partial<Snapshot> = {}) =>
  ({
    tunnels: statuses.map((status, at) => ({
      cluster: clusterId('eks', '1', 'eu-west-1', String(at)),
      state: { status },
    })),
    clusters: [{}],
    logins: [],
    discovery: { status: 'idle' },
    kubectl: {},
    ...more,
  }) as unknown as Snapshot;
const prod: Partial<Snapshot> = { kubectl: { context: 'prod', production: true } };
const running = { status: 'running', since: 0, cellsRead: 0, cellsKnown: 1, clusters: 0 } as const;

describe('the face', () => {
  test.each<[string, Snapshot | undefined, boolean, TrayFace]>([
    ['before the agent has started', undefined, false, { kind: 'busy' }],
    ['where it cannot', undefined, true, { kind: 'attention' }],
    ['with nothing open', state([]), false, { kind: 'idle' }],
    ['with some', state(['connected', 'degraded']), false, { kind: 'connected', count: 2 }],
    [
      'with an entry that kubectl cannot use',
      state(['degraded'], {
        entryProblems: [
          {
            cluster: clusterId('eks', '1', 'eu-west-1', '0'),
            since: 0,
            error: { code: 'kubeconfig-entry', message: 'It was deleted.', retryable: false },
          },
        ],
      }),
      false,
      { kind: 'attention' },
    ],
    [
      'with a lock that nobody releases',
      state(['connected'], {
        kubeconfigProblems: [{ code: 'kubeconfig-locked', message: 'It is locked.', retryable: false }],
      }),
      false,
      { kind: 'attention' },
    ],
    [
      'with a production cluster that is unlocked',
      state(['connected'], {
        unlocks: [
          { cluster: clusterId('eks', '1', 'eu-west-1', '0'), reason: 'x', who: 'ada', since: 1, until: 2 },
        ],
      }),
      false,
      { kind: 'connected', count: 1, production: true },
    ],
    ['on the way', state(['connected', 'connecting']), false, { kind: 'busy' }],
    ['on the way back', state(['reconnecting']), false, { kind: 'busy' }],
    ['with one that gave up', state(['connected', 'failed', 'connecting']), false, { kind: 'attention' }],
    [
      'with a sign-in that waits',
      state(['logging-in'], { logins: [{ kind: 'access', title: 'x', url: 'https://x', since: 0 }] }),
      false,
      { kind: 'attention' },
    ],
    ['in a first discovery', state([], { discovery: running, clusters: [] }), false, { kind: 'busy' }],
    ['in a later one', state([], { discovery: running }), false, { kind: 'idle' }],
    [
      'with production current',
      state(['connected'], prod),
      false,
      { kind: 'connected', count: 1, production: true },
    ],
    ['and one that gave up', state(['failed'], prod), false, { kind: 'attention', production: true }],
    ['and one on the way', state(['connecting'], prod), false, { kind: 'busy', production: true }],
    ['and nothing open', state([], prod), false, { kind: 'idle', production: true }],
  ])('%s', (_, snapshot, failed, face) => {
    expect(trayFace(snapshot, failed)).toEqual(face);
  });
});

describe('its picture', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tray-'));
    await drawTray(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const faces: readonly TrayFace[] = [
    ...(['idle', 'busy', 'attention'] as const).map((kind) => ({ kind })),
    ...[1, 3, 4, 500].map((count) => ({ kind: 'connected', count }) as const),
    ...(['idle', 'busy', 'attention'] as const).map((kind) => ({ kind, production: true }) as const),
    ...[1, 3, 4, 500].map((count) => ({ kind: 'connected', count, production: true }) as const),
  ];
  const systems = (['darwin', 'win32', 'linux'] as const).flatMap((platform) =>
    [true, false].map((isDark) => ({ platform, isDark })),
  );

  test.each(systems)('stands for each face: $platform, dark $isDark', async ({ platform, isDark }) => {
    const files = faces.map((face) => trayPicture(face, platform, isDark));
    // From four on all are one.
    expect(new Set(files).size).toBe(faces.length - 2);
    const seen = new Set<string>();
    for (const file of files) {
      const bytes = await readFile(path.join(folder, file));
      seen.add(bytes.toString('base64'));
      if (platform === 'win32') expect([...bytes.subarray(0, 6)]).toEqual([0, 0, 1, 0, 3, 0]);
      else expect(existsSync(path.join(folder, file.replace('.png', '@2x.png')))).toBe(true);
    }
    expect(seen.size).toBe(faces.length - 2);
  });
});
