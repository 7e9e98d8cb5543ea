/** The kinds of workloads that can be compared, in the order in which they are shown. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** The names by which kubectl knows each kind, besides its plural. */
const shortNames: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  CronJob: 'cj',
};

/** Returns the kind that a word names as kubectl would understand it: `deploy`, `deployments`, `Deployment`. */
export function workloadKindOf(word: string): WorkloadKind | undefined {
  const lower = word.toLowerCase();
  return workloadKinds.find((kind) =>
    [kind.toLowerCase(), `${kind.toLowerCase()}s`, shortNames[kind]].includes(lower),
  );
}
