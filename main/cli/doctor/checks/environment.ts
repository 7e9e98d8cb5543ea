import { differences, networkVariables } from '../../../agent/network/network-variables.ts';
import { loopbackProxy } from '../../../agent/network/proxy/loopback.ts';
import { noProxyRule } from '../../../agent/network/proxy/no-proxy.ts';
import { proxyRoutes } from '../../../agent/network/proxy/routes.ts';
import type { ClientVariableEffect } from '../../../model/clients/client-kind.ts';
import { findKind } from '../../../model/clients/find-kind.ts';
import { clientKinds } from '../../../model/clients/table.ts';
import { listed } from '../../../model/wording.ts';
import { networkDifferences } from '../../network-difference.ts';
import type { Facts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import type { EntryFacts } from '../probes/kubeconfig.ts';
import { clientName, clientReports } from './clients.ts';

/** Checks the variables that decide how clients reach hosts. */
export function checkEnvironment(facts: Facts): readonly Finding[] {
  const { env, agent } = facts;
  const entries = facts.kubeconfig?.entries ?? [];
  return [
    ...proxyRoutes(env).unusable.map((variable) =>
      finding('proxy-invalid', {
        subject: variable,
        reason: 'Its value is not the address of a proxy: the hosts that it applies to cannot be reached.',
        fix: `Set ${variable} to an address such as http://proxy.example.com:3128, or unset it.`,
      }),
    ),
    ...bypassed(entries, facts),
    ...loopback(entries, facts),
    ...(agent?.status === 'running' && isDifferent(facts, agent.snapshot.agent.variables)
      ? networkDifferences(agent.snapshot.agent).map((reason) =>
          finding('network-differs', {
            subject: 'proxies and CA certificates',
            reason,
            fix: agent.snapshot.agent.signIns === 'headless' ? 'k8s-tunnels quit' : 'Start the app again.',
          }),
        )
      : []),
  ];
}

function isDifferent({ env }: Facts, variables: Readonly<Record<string, string>> = {}): boolean {
  return differences(variables, networkVariables(env)).length > 0;
}

/** Reports API hosts that NO_PROXY names: some clients go around the proxy of the entry then. */
function bypassed(entries: readonly EntryFacts[], facts: Facts): readonly Finding[] {
  const servers = entries.flatMap(({ form, server }) =>
    form === 'socks5' || form === 'connect' ? (server ?? []) : [],
  );
  // Some clients read one of the two only.
  for (const name of ['NO_PROXY', 'no_proxy']) {
    const matches = noProxyRule(facts.env[name] ?? '');
    const hosts = new Set(
      servers.filter((url) => matches(url.hostname, portOf(url))).map(({ hostname }) => hostname),
    );
    const [host] = hosts;
    if (host === undefined) continue;
    const shown = listed([...hosts].slice(0, 3), hosts.size);
    const reason = `It names ${shown}, where the API of your contexts is. ${affected('around-proxy', facts)} connect without the tunnel then, and fail.`;
    return [
      finding('no-proxy-bypass', { subject: name, reason, fix: `Remove what fits ${host} from ${name}.` }),
    ];
  }
  return [];
}

/** Reports a proxy that gets the requests for a local TLS proxy. */
function loopback(entries: readonly EntryFacts[], facts: Facts): readonly Finding[] {
  const local = entries.find(({ form }) => form === 'tls');
  const [file] = facts.kubeconfig?.forPrograms ?? [];
  const where = local === undefined ? file : `The context ${local.name}`;
  const variable = loopbackProxy(facts.env, local?.port ?? 443);
  if (variable === undefined || where === undefined) return [];
  return [
    finding('proxy-takes-loopback', {
      subject: variable,
      reason: `${where} names 127.0.0.1, which NO_PROXY does not. ${affected('proxied-loopback', facts)} send its requests to the proxy, which cannot answer them.`,
      fix: 'Add 127.0.0.1 and localhost to NO_PROXY.',
    }),
  ];
}

/** Names the clients that a variable has an effect on, those of this computer first. */
function affected(effect: ClientVariableEffect, facts: Facts): string {
  const here = clientReports(facts).filter(
    (client) => findKind(client)?.variables?.includes(effect) === true,
  );
  if (here.length > 0) return `On this computer ${listed([...new Set(here.map(clientName))])}`;
  const names = clientKinds.flatMap(({ name, variables }) => (variables?.includes(effect) ? name : []));
  return `Clients such as ${listed([...new Set(names)].slice(0, 3))}`;
}

function portOf({ port }: URL): number {
  return port === '' ? 443 : Number(port);
}
