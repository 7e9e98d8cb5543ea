import { clockCure, skewSentence } from '../../../agent/network/clock-skew.ts';
import { command } from '../../../model/command.ts';
import type { Facts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import type { HostAnswer } from '../probes/hosts.ts';
import type { PortFacts } from '../probes/ports.ts';

/** Checks the clock, the hosts of the organisation, and the local ports. */
export function checkNetwork(facts: Facts): readonly Finding[] {
  const { agent, hosts, ports = [], platform } = facts;
  const skew = (agent?.status === 'running' ? agent.snapshot.agent.clock : undefined) ?? hosts?.skew;
  return [
    ...(skew === undefined
      ? []
      : [
          finding('clock-skew', {
            subject: 'clock',
            reason: `${skewSentence(skew)} Clusters, clouds and logins reject tokens then.`,
            fix: clockCure(platform),
          }),
        ]),
    ...(hosts?.authorities ?? []).map(({ message, hint = 'Correct the path, or unset it.' }) =>
      finding('authorities-unusable', { subject: 'CA certificates', reason: message, fix: hint }),
    ),
    ...(hosts?.hosts ?? []).flatMap(checkHost),
    ...ports.flatMap((port) => checkPort(port, facts)),
  ];
}

function checkHost(answer: HostAnswer): readonly Finding[] {
  const { host: subject } = answer;
  switch (answer.status) {
    case 'answers':
      return [];
    case 'unresolved':
      return [
        finding('dns-failed', {
          subject,
          reason: `Its name does not resolve on this computer (${answer.code}).`,
          fix: 'Check the network and its DNS servers, a VPN, or HTTPS_PROXY if this network needs a proxy.',
        }),
      ];
    case 'unreachable': {
      const { message, hint = 'Check the network, and HTTPS_PROXY if it needs a proxy.' } = answer.error;
      return [finding('host-unreachable', { subject, reason: message, fix: hint })];
    }
  }
}

function checkPort({ port, name, listener }: PortFacts, { agent }: Facts): readonly Finding[] {
  const subject = `127.0.0.1:${port}`;
  const isRunning = agent?.status === 'running';
  const taken = (who: string) =>
    finding('port-taken', {
      subject,
      reason: `${who} listens on the port of ${name}: kubectl would send its password there.`,
      fix: `End that program, and then: ${command`k8s-tunnels connect --add ${name}`}`,
    });
  switch (listener.kind) {
    case 'none':
      if (!isRunning) return [];
      return [
        finding('port-closed', {
          subject,
          reason: `The agent does not listen on the port of ${name}: clients are refused.`,
          fix: command`k8s-tunnels connect --add ${name}`,
        }),
      ];
    case 'other':
      return [taken(`A program of the account ${listener.account}`)];
    case 'own': {
      const { process: program } = listener;
      // An agent that does not answer, or is of another version, listens too.
      if (agent === undefined || agent.status === 'failed') return [];
      if (agent.status === 'running' && (program === undefined || agent.pid === program.pid)) return [];
      return [
        taken(program === undefined ? 'A program of yours' : `${program.name} (process ${program.pid})`),
      ];
    }
  }
}
