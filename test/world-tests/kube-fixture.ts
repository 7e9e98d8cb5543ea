import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type KubeApi, startKubeApi } from '../world/kube/server.ts';
import type { Traffic } from '../world/traffic.ts';

export const serverName = 'ABCD.gr7.eu-west-1.eks.amazonaws.com';
export const web = 'web-7d9c5b8f6d-abcde';

/** A cluster with a web shop, that knows one token. */
export const startShop = (traffic: Traffic): Promise<KubeApi> =>
  startKubeApi({
    name: 'payments-prod',
    hostnames: [serverName],
    traffic,
    authenticate: async (token) => (token === 'sts-token' ? { user: 'ada', groups: ['devs'] } : undefined),
    namespaces: ['shop', 'restricted'],
    pods: [
      { namespace: 'shop', name: web, deployment: 'web', log: ['listening', 'GET /'] },
      { namespace: 'shop', name: 'web-7d9c5b8f6d-fghij', deployment: 'web', state: 'CrashLoopBackOff' },
      { namespace: 'kube-system', name: 'coredns', containers: ['dns', 'metrics'] },
    ],
    version: 'v1.32.9-eks-113cf36',
  });

/** The lines of a stream, kept until they are read. */
export const linesOf = (stream: Readable) => createInterface(stream)[Symbol.asyncIterator]();
