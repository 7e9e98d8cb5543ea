import { partitionOf } from '../../model/aws-partitions.ts';
import type { Cluster } from '../../model/cluster.ts';
import { type KeyChange, type Line, printableJson, values, type Word } from './tag-command-line.ts';

/** Returns the commands of the AWS command line that change a cluster's tags. */
export function eksCommands(cluster: Cluster, { set, remove }: KeyChange, line: Line): readonly string[] {
  const { region, account, name } = cluster;
  const arn = `arn:${partitionOf(region)}:eks:${region}:${account}:cluster/${name}`;
  const profile = profileOf(cluster);
  const where: readonly Word[] = [
    '--region',
    { value: region },
    '--resource-arn',
    { value: arn },
    ...(profile === undefined ? [] : ['--profile', { value: profile }]),
  ];
  // The shorthand syntax splits at commas and reads quotes: use JSON if a value has anything but plain characters.
  const isPlain = set.every(([, value]) => /^[\w.:/@+<>-]+$/.test(value));
  const tags = isPlain
    ? set.map(([key, value]) => `${key}=${value}`).join(',')
    : printableJson(Object.fromEntries(set));
  const keys = remove.map(([key]) => key);
  return [
    ...(set.length === 0 ? [] : [line(['aws', 'eks', 'tag-resource', ...where, '--tags', tags])]),
    ...(keys.length === 0
      ? []
      : [line(['aws', 'eks', 'untag-resource', ...where, '--tag-keys', ...values(keys)])]),
  ];
}

/**
 * Returns the profile that reaches the cluster; a placeholder if k8s-tunnels knows none; undefined if the variables of
 * the environment do.
 */
function profileOf({ credential }: Pick<Cluster, 'credential'>): string | undefined {
  const ways = credential?.kind === 'eks' ? credential.ways : [];
  const names = ways.flatMap((way) => (way.kind === 'profile' ? [way.name] : []));
  const named = names.find((name) => name !== '');
  return named ?? (names.length > 0 ? undefined : profilePlaceholder);
}

const profilePlaceholder = '<PROFILE>';

/** Says what the user has to know before they run a cluster's commands; undefined if nothing. */
export function beforeCommands(cluster: Cluster): string | undefined {
  const { source, account, credential } = cluster;
  if (source !== 'eks' || profileOf(cluster) !== profilePlaceholder) return undefined;
  const [way] = credential?.kind === 'eks' ? credential.ways : [];
  const role = way?.kind === 'sso' ? `, for example for the role ${way.role} of IAM Identity Center` : '';
  return `For ${profilePlaceholder}, write a profile of ~/.aws/config that reaches account ${account}. If you have none, \`aws configure sso\` makes one${role}.`;
}
