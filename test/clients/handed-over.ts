import type { Prepared } from '../tools/prepare.ts';

/** What the runner hands over to the tests, in the file that K8S_TUNNELS_CLIENTS_RIG names. */
export interface HandedOver {
  readonly tools: Readonly<Record<string, Prepared>>;
  /** Why there is no cluster, or what a client needs to reach it. */
  readonly rig: { readonly status: 'missing'; readonly reason: string } | ReadyRig;
}

export interface ReadyRig {
  readonly status: 'ready';
  readonly kubeconfigs: Readonly<Record<string, string>>;
  /** Homes of clients are made here. */
  readonly folder: string;
}
