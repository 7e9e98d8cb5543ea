import { command } from '../../../model/command.ts';
import { listed, plural } from '../../../model/wording.ts';
import type { Facts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import type { EntryFacts } from '../probes/kubeconfig.ts';

/** Checks the entries that the agent wrote. */
export function checkEntries({ kubeconfig, agent }: Facts): readonly Finding[] {
  const entries = kubeconfig?.entries ?? [];
  const isRunning = agent?.status === 'running';
  const elsewhere = Map.groupBy(
    entries.filter(({ isListed, status }) => !isListed && status !== 'missing'),
    ({ file }) => file,
  );
  return [
    ...entries.flatMap((entry) => checkEntry(entry, isRunning)),
    ...[...elsewhere].map(([file, those]) =>
      finding('kubeconfig-elsewhere', {
        subject: file,
        reason: `It has ${plural(those.length, { one: '# context', other: '# contexts' })} of k8s-tunnels, and KUBECONFIG of this shell does not name it: kubectl does not see ${listed(
          those.slice(0, 3).map(({ name }) => name),
          those.length,
        )} here.`,
        fix: command`export KUBECONFIG=${file}`,
      }),
    ),
  ];
}

function checkEntry(entry: EntryFacts, isRunning: boolean): readonly Finding[] {
  const { id: cluster, name: subject, file, status, lacks, missingProgram } = entry;
  // Only the agent knows how to reach the cluster.
  const remedy = isRunning ? ({ kind: 'repair', cluster } as const) : undefined;
  const again = command`k8s-tunnels connect --add ${subject}`;
  switch (status) {
    case 'missing':
      return [
        finding('entry-deleted', {
          subject,
          reason: `Its entry was deleted from ${file}, and k8s-tunnels still serves its port.`,
          fix: `${again} writes it again, ${command`k8s-tunnels remove ${subject}`} ends it.`,
        }),
      ];
    case 'no-context':
      return [
        finding('entry-deleted', {
          subject,
          reason: `Its context was deleted from ${file}; its cluster or its user is still there.`,
          fix: `${again} writes it again, ${command`k8s-tunnels remove ${subject}`} removes the rest.`,
        }),
      ];
    case 'changed':
      return [
        finding('entry-changed', {
          subject,
          reason:
            lacks.length === 0
              ? `Another program changed its entry in ${file}.`
              : `Another program took its ${listed(lacks)} out of ${file}: kubectl cannot use it.`,
          fix: again,
          remedy,
        }),
      ];
    case 'intact':
      if (missingProgram === undefined) return [];
      return [
        finding('entry-plugin-missing', {
          subject,
          reason: `kubectl gets no credential for it: its entry in ${file} names the program ${missingProgram}, which does not exist.`,
          fix: again,
          remedy,
        }),
      ];
  }
}
