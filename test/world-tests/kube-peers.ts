import { Traffic } from '../world/traffic.ts';
import { startRealKube, whyNoRealKube } from './kube-apiserver.ts';
import { createKubectl, serverName, startShop } from './kube-fixture.ts';

/** The world's API server and a real one, to be asked the same: both must answer alike. `why` one is not there. */
export const peers = [
  { peer: 'the double', start: () => startShop(new Traffic()), why: undefined },
  { peer: 'a real kube-apiserver', start: startRealShop, why: whyNoRealKube },
] as const;

async function startRealShop() {
  const server = await startRealKube({
    hostnames: [serverName],
    user: 'ada',
    groups: ['system:masters'],
    token: 'sts-token',
  });
  const admin = await createKubectl(server);
  await admin.run('create', 'namespace', 'shop');
  await admin.close();
  return server;
}
