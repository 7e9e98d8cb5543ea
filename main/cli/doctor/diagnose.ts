import { toPlainError } from '../../model/app-error.ts';
import { checkAgent, failedCheck } from './checks/agent.ts';
import { checkClients } from './checks/clients.ts';
import { checkEntries } from './checks/entries.ts';
import { checkEnvironment } from './checks/environment.ts';
import { checkKubeconfigs } from './checks/kubeconfig.ts';
import { checkNetwork } from './checks/network.ts';
import { checkSessions } from './checks/sessions.ts';
import type { Facts } from './facts.ts';
import { areaOf, areas, type Finding, severities } from './finding.ts';

/** The checks, each by the name that its failure has. */
const checks: Readonly<Record<string, (facts: Facts, now: number) => readonly Finding[]>> = {
  agent: checkAgent,
  clients: checkClients,
  environment: checkEnvironment,
  kubeconfig: checkKubeconfigs,
  entries: checkEntries,
  network: checkNetwork,
  sessions: checkSessions,
};

/** Returns the problems that the facts show, by area, the worst of each first. Never throws. */
export function diagnose(facts: Facts, now: number): readonly Finding[] {
  const order = Object.keys(areas);
  return Object.entries(checks)
    .flatMap(([name, check]) => {
      try {
        return check(facts, now);
      } catch (error) {
        // An agent of another version may leave out what this one expects.
        return [failedCheck(name, toPlainError(error))];
      }
    })
    .toSorted(
      (a, b) =>
        order.indexOf(areaOf(a)) - order.indexOf(areaOf(b)) ||
        severities.indexOf(a.severity) - severities.indexOf(b.severity),
    );
}
