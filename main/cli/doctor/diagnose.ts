import { checkAgent } from './checks/agent.ts';
import { checkClients } from './checks/clients.ts';
import { checkEntries } from './checks/entries.ts';
import { checkEnvironment } from './checks/environment.ts';
import { checkKubeconfigs } from './checks/kubeconfig.ts';
import { checkNetwork } from './checks/network.ts';
import { checkSessions } from './checks/sessions.ts';
import type { Facts } from './facts.ts';
import { areaOf, areas, type Finding, severities } from './finding.ts';

/** Returns what is wrong, by area, the worst of each first. */
export function diagnose(facts: Facts, now: number): readonly Finding[] {
  const found = [
    ...checkAgent(facts),
    ...checkClients(facts),
    ...checkEnvironment(facts),
    ...checkKubeconfigs(facts),
    ...checkEntries(facts),
    ...checkNetwork(facts),
    ...checkSessions(facts, now),
  ];
  const order = Object.keys(areas);
  return found.toSorted(
    (a, b) =>
      order.indexOf(areaOf(a)) - order.indexOf(areaOf(b)) ||
      severities.indexOf(a.severity) - severities.indexOf(b.severity),
  );
}
