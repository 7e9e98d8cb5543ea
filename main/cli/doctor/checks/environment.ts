import { differences, networkVariables } from '../../../agent/network/network-variables.ts';
import { noProxyRule } from '../../../agent/network/proxy/no-proxy.ts';
import { loopbackProxy } from '../../../agent/network/proxy/loopback.ts';
import { proxyRoutes } from '../../../agent/network/proxy/routes.ts';
import { findKind } from '../../../model/clients/find-kind.ts';
import type { ClientVariableEffect } from '../../../model/clients/client-kind.ts';
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

function noProxyOf({ env }: Facts): { readonly name: string; readonly value: string } | undefined {
  return ['no_proxy', 'NO_PROXY']
    .map((name) => ({ name, value: env[name] ?? '' }))
    .find(({ value }) => value !== '');
}

/** Reports API hosts that NO_PROXY names: some clients go around the proxy of the entry then. */
function bypassed(entries: readonly EntryFacts[], facts: Facts): readonly Finding[] {
  const variable = noProxyOf(facts);
  if (variable === undefined) return [];
  const matches = noProxyRule(variable.value);
  const hosts = new Set(
    entries.flatMap(({ form, server }) =>
      form !== undefined && form !== 'tls' && server !== undefined && matches(server.hostname, portOf(server))
        ? server.hostname
        : [],
    ),
  );
  if (hosts.size === 0) return [];
  return [
    finding('no-proxy-bypass', {
      subject: variable.name,
      reason: `It names ${listed([...hosts].slice(0, 3), hosts.size)}, an API server of your contexts. ${affected('around-proxy', facts)} connect to it without the tunnel then, and fail.`,
      fix: `Remove what fits ${[...hosts][0]} from ${variable.name}.`,
    }),
  ];
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
  const here = clientReports(facts).filter((client) => findKind(client)?.variables?.includes(effect) === true);
  if (here.length > 0) return `On this computer ${listed([...new Set(here.map(clientName))])}`;
  const names = clientKinds.flatMap(({ name, variables }) => (variables?.includes(effect) ? name : []));
  return `Clients such as ${listed([...new Set(names)].slice(0, 3))}`;
}

function portOf({ port }: URL): number {
  return port === '' ? 443 : Number(port);
}
