import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { followCurrent } from '../../../main/agent/kubeconfig/follow-current.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { createState } from '../../../main/agent/state/state.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { skippingClock } from '../skipping-clock.ts';

type Options = Parameters<typeof followCurrent>[0];

/** Follows a kubeconfig that answers `current`, in a folder in which nothing changes. */
async function start(current: Options['kubeconfig']['current']) {
  const folder = await mkdtemp(path.join(tmpdir(), 'follow-current-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const clock = skippingClock({ isStill: true });
  const state = createState(silentLogger);
  const contexts = followCurrent({
    own: { kubeconfig: path.join(folder, 'config'), cwd: folder, home: folder },
    kubeconfig: { current, oddities: async () => [], paths: async () => [path.join(folder, 'config')] },
    connections: {
      limit: async () => undefined,
      checkLimits: async () => false,
      checkEntries: async () => {},
      entryFiles: async () => [],
    },
    catalog: { get: () => undefined },
    sessions: { look: async () => {} },
    terminalsFolder: path.join(folder, 'terminals') + path.sep,
    sessionsFolder: folder,
    state,
    clock,
    logger: silentLogger,
    onLook: () => {},
  });
  onTestFinished(() => contexts.close());
  return { contexts, clock, state };
}

test('a kubeconfig that could not be read for a moment is read again in a second, though no file changes', async () => {
  let reads = 0;
  const { contexts, clock, state } = await start(async () => {
    reads += 1;
    if (reads === 1) throw new AppError('kubeconfig-unreadable', 'Too many files are open (EMFILE).');
    return { context: 'mine', id: undefined, file: undefined };
  });
  contexts.follow();
  await vi.waitFor(() => expect(clock.pending()).toBe(1));
  expect(state.get().kubectl).toEqual({});
  clock.skip(1_000);
  await vi.waitFor(() => expect(state.get().kubectl).toEqual({ context: 'mine' }));
});

test.each([
  ['without a hint', {}, 'It cannot be read.'],
  ['with one', { hint: 'Check that you own it.' }, 'It cannot be read. Check that you own it.'],
])('what an operation could not read is one warning more: an error %s', async (_, options, warning) => {
  const { contexts } = await start(() =>
    Promise.reject(new AppError('kubeconfig-unreadable', 'It cannot be read.', options)),
  );
  expect(await contexts.kubectlAfter(undefined, ['Another.'])).toEqual({
    kubectl: {},
    warnings: ['Another.', warning],
  });
});
