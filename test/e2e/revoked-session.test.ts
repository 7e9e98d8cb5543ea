import { expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

const pair = ['payments-staging-eu', 'search-staging'] as const;
const team = 'acme.cloudflareaccess.com';

let world: World;
let commandLine: CommandLine;

eachInWorld(
  (started) => {
    ({ world, commandLine } = started);
  },
  { kubeconfig: 'apiVersion: v1\nkind: Config\n' },
);

type Status = Output<'snapshot'> & { readonly endedSessions: readonly object[] };
const status = () => commandLine.tunnels<Status>('status');

async function until(fits: (seen: Status) => boolean): Promise<Status> {
  for (let tries = 0; ; tries++) {
    const seen = await status();
    if (fits(seen)) return seen;
    if (tries === 200) throw new Error(`it did not come to pass: ${JSON.stringify(seen.tunnels)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a session that the organisation ends is shown as ended, and one tab brings every cluster back', async () => {
  await commandLine.tunnels('connect', ...pair);
  expect(await world.browser.tabs()).toHaveLength(1);
  const kube = createKubeClient(commandLine);
  expect(await kube.namespaces(pair[0])).toContain('payments-staging');
  const before = await status();
  expect(before.endedSessions).toEqual([]);
  expect(before.sessions).toHaveLength(1);

  world.access.revokeAll();
  world.access.endSessions();
  // Nobody is there to sign in yet: kubectl waits, and everything says why.
  const signIn = world.traffic.inject({ service: 'idp', operation: 'sign-in', does: { kind: 'hold' } });
  // A connection that was open before may serve a request; the next one has to sign in.
  const asksUntilSignedIn = async () => {
    for (;;) {
      const names = await kube.namespaces(pair[0]);
      if ((await world.browser.tabs()).length > 1) return names;
    }
  };
  const waiting = asksUntilSignedIn();
  const ended = await until(({ endedSessions }) => endedSessions.length > 0);
  expect(ended.endedSessions).toEqual([{ authDomain: team, email: 'ada@acme.example', isRevoked: true }]);
  expect(ended.sessions).toEqual([]);
  const { stdout } = await commandLine.run('k8s-tunnels', ['status']);
  expect(stdout).toContain(`Your session at ${team} has ended before it expired.`);
  const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
  expect(accounts.find(({ provider }) => provider === 'access')).toMatchObject({
    session: team,
    status: 'ended',
  });
  const { entries } = await commandLine.tunnels<Output<'activity'>>('activity');
  expect(entries.filter(({ kind }) => kind === 'sign-in-ended')).toMatchObject([{ session: team }]);

  // The one tab serves both: nobody uses the second one meanwhile.
  signIn();
  expect(await waiting).toContain('payments-staging');
  const after = await until(
    ({ tunnels }) => tunnels.filter((one) => one.state.status === 'connected').length === 2,
  );
  expect(await world.browser.tabs()).toHaveLength(2);
  expect(after.endedSessions).toEqual([]);
  expect(after.sessions).toHaveLength(1);
  const told = after.notices.filter(({ level }) => level === 'warning').map(({ message }) => message);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(`${team} has ended your session before it expired.`);
  expect(await kube.namespaces(pair[1])).toContain('search-staging');
  expect(await world.browser.tabs()).toHaveLength(2);
});
