import type { Oddity } from '../../../agent/kubeconfig/oddities.ts';
import { command } from '../../../model/command.ts';
import { duration } from '../../../model/wording.ts';
import type { Facts } from '../facts.ts';
import { type Finding, type FindingCode, finding } from '../finding.ts';
import type { KubeconfigFacts } from '../probes/kubeconfig.ts';

const oddityCodes: Readonly<Record<Oddity['kind'], FindingCode>> = {
  'second-document': 'kubeconfig-second-document',
  'hidden-name': 'kubeconfig-hidden-name',
  'lost-context': 'kubeconfig-lost-context',
};

const oddityFixes: Readonly<Record<Oddity['kind'], string>> = {
  'second-document': 'Move what is in the second document to the first one, or to a file of its own.',
  'hidden-name': 'Rename it, or remove one of the two.',
  'lost-context': 'Choose another one: k8s-tunnels contexts lists them, k8s-tunnels switch NAME sets one.',
};

/** Checks the files of KUBECONFIG and their locks. */
export function checkKubeconfigs({ kubeconfig }: Facts): readonly Finding[] {
  if (kubeconfig === undefined) return [];
  const { failures, remarks, files } = kubeconfig;
  return [
    ...failures.map(
      ({ subject, error: { message, hint = 'Repair the file, or take it out of KUBECONFIG.' } }) =>
        finding('kubeconfig-unusable', { subject, reason: message, fix: hint }),
    ),
    ...remarks.map((reason) =>
      finding('kubeconfig-list', {
        subject: 'KUBECONFIG',
        reason,
        fix: 'Correct the value of KUBECONFIG where your shell sets it.',
      }),
    ),
    ...files
      .filter(({ isDangling }) => isDangling)
      .map(({ file }) =>
        finding('kubeconfig-dangling-link', {
          subject: file,
          reason: 'It is a symbolic link, and what it leads to does not exist: kubectl passes over it.',
          fix: command`rm ${file}`,
        }),
      ),
    ...files
      .filter(({ mode = 0, holdsEntries }) => holdsEntries && (mode & 0o077) !== 0)
      .map(({ file, mode = 0 }) =>
        finding('kubeconfig-open', {
          subject: file,
          reason: `Its mode is ${octal(mode)}: other accounts of this computer can use the passwords in it.`,
          fix: command`chmod 600 ${file}`,
        }),
      ),
    ...kubeconfig.oddities.map(({ kind, file, text }) =>
      finding(oddityCodes[kind], { subject: file, reason: text, fix: oddityFixes[kind] }),
    ),
    ...kubeconfig.others.map((reason) =>
      finding('kubeconfig-other-agent', {
        subject: 'contexts of another agent',
        reason,
        fix: 'Remove it with the k8s-tunnels that wrote it, on its computer or with its HOME.',
      }),
    ),
    ...kubeconfig.locks.flatMap(checkLock),
  ];
}

function checkLock({
  lock,
  ageMs,
  who,
  owner,
  isAbandoned,
}: KubeconfigFacts['locks'][number]): readonly Finding[] {
  const age = duration(ageMs);
  if (owner === 'ended')
    return [
      finding('lock-left', {
        subject: lock,
        reason: `It is of ${who}, which has ended, and is ${age} old. kubectl writes nothing while it exists.`,
        fix: command`rm ${lock}`,
        remedy: { kind: 'unlock', lock },
      }),
    ];
  if (!isAbandoned) return [];
  return [
    finding('lock-abandoned', {
      subject: lock,
      reason: `It has been held by ${who} for ${age}: neither kubectl nor k8s-tunnels writes the kubeconfig. A kubectl that was killed leaves its lock behind.`,
      fix: command`rm ${lock}`,
    }),
  ];
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
