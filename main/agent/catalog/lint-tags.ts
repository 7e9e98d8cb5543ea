import { toPlainError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';
import { mixedScripts } from '../../model/mixed-scripts.ts';
import type { Shell } from '../../model/shell-word.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { audienceOf } from './audience.ts';
import { beforeCommands } from './eks-tag-commands.ts';
import { foreignTags, spelledOtherwise } from './foreign-tags.ts';
import { isLikeProduction, productionValueFor } from './like-production.ts';
import { placeholder } from './tag-checks.ts';
import { tagCommands } from './tag-commands.ts';
import { type TagChange, tagFixes, tagPart } from './tags.ts';

export interface TagFinding {
  readonly cluster: Cluster;
  /** An error blocks or misleads users; a warning may be intended. */
  readonly severity: 'error' | 'warning';
  readonly kind:
    | 'tag-problem'
    | 'tag-prefix'
    | 'tag-spelling'
    | 'source-problem'
    | 'hostname-missing'
    | 'hostname-shared'
    | 'title-shared'
    | 'title-mixed-scripts'
    | 'environment-unrecognised'
    | 'docs-not-https'
    | 'owner-missing'
    | 'groups-missing';
  readonly message: string;
  readonly hint: string;
  /**
   * Commands that fix it, to paste into a shell. Values in angle brackets are for the user to fill in. May be empty.
   */
  readonly commands: readonly string[];
}

type Finding = Omit<TagFinding, 'cluster' | 'commands'> & { readonly fix?: TagChange };

/** What an organisation says about its tags. */
export interface TagRules {
  /**
   * True if it publishes its clusters. It is also taken to do so if one of them has the tag `groups`.
   */
  readonly hasCatalog?: boolean;
  /** The values of the environment tag that are production. */
  readonly productionValues?: readonly string[];
}

/** Returns all errors and warnings in the clusters' tags, in the order of the clusters. */
export function lintTags(
  clusters: readonly Cluster[],
  shell: Shell = 'posix',
  { hasCatalog = false, productionValues = ['production', 'prod'] }: TagRules = {},
): readonly TagFinding[] {
  const isPublishing = hasCatalog || clusters.some((cluster) => audienceOf(cluster).kind !== 'untagged');
  const byHostname = Map.groupBy(clusters, ({ reach }) => (reach.kind === 'tunnel' ? reach.hostname : ''));
  const byTitle = Map.groupBy(clusters, ({ title }) => title.toLowerCase());
  return clusters.flatMap((cluster) =>
    [
      ...ownFindings(cluster, productionValues),
      ...sharedHostname(cluster, byHostname),
      ...sharedTitle(cluster, byTitle.get(cluster.title.toLowerCase()) ?? []),
      ...(isPublishing ? missingGroups(cluster) : []),
    ].map((finding) => withCommands(cluster, finding, shell)),
  );
}

function withCommands(cluster: Cluster, { fix, ...finding }: Finding, shell: Shell): TagFinding {
  try {
    const commands = fix === undefined ? [] : tagCommands(cluster, fix, shell);
    const before = commands.length === 0 ? undefined : beforeCommands(cluster);
    return {
      cluster,
      ...finding,
      hint: before === undefined ? finding.hint : `${finding.hint} ${before}`,
      commands,
    };
  } catch (error) {
    // If no command can be given, explain in the hint.
    const { message, hint = '' } = toPlainError(error);
    return { cluster, ...finding, hint: `${finding.hint} ${message} ${hint}`.trim(), commands: [] };
  }
}

function ownFindings(cluster: Cluster, productionValues: readonly string[]): readonly Finding[] {
  const { title, tags = {}, tagPrefix = defaultTagPrefix, tagProblems, reach } = cluster;
  const { environment, docs, owner } = cluster;
  const hasHostname = Object.keys(tags).some((key) => tagPart(key, tagPrefix)?.field === 'hostname');
  const findings: Finding[] = tagFixes(tags, tagPrefix).map(({ message, hint, fix }) => ({
    severity: 'error',
    kind: 'tag-problem',
    message,
    hint,
    fix,
  }));
  const foreign = foreignTags(cluster);
  const hasForeignHostname = foreign.some(({ fix }) => fix.set?.hostname !== undefined);
  for (const { key, message, hint } of tagProblems)
    if (tagPart(key, tagPrefix) === undefined)
      findings.push({ severity: 'error', kind: 'source-problem', message, hint });
  for (const found of foreign) findings.push({ kind: 'tag-prefix', ...found });
  for (const found of spelledOtherwise(cluster)) findings.push({ kind: 'tag-spelling', ...found });
  if (reach.kind === 'none' && !hasHostname && !hasForeignHostname)
    findings.push({
      severity: 'warning',
      kind: 'hostname-missing',
      message: `It has no ${tagPrefix}hostname, and so no tunnel.`,
      hint: "Set it to the hostname of the cluster's Access application.",
      fix: { set: { hostname: placeholder('hostname') } },
    });
  if (
    environment !== undefined &&
    !isProduction(cluster) &&
    isLikeProduction(environment, productionValues)
  ) {
    findings.push({
      severity: 'error',
      kind: 'environment-unrecognised',
      message: `${tagPrefix}environment is "${environment}", so switching to the cluster needs no confirmation.`,
      hint: `Only ${productionValues.join(' or ')} requires a confirmation.`,
      fix: { set: { environment: productionValueFor(environment, productionValues) } },
    });
  }
  const mixed = mixedScripts(title);
  if (mixed !== undefined)
    findings.push({
      severity: 'error',
      kind: 'title-mixed-scripts',
      message: `"${title}" mixes letters of scripts that look alike: ${mixed}.`,
      hint: `It may be made to look like another cluster: ask its owner, and set ${tagPrefix}name to letters of one script.`,
      fix: { set: { name: placeholder('name') } },
    });
  if (docs !== undefined && !/^https:/i.test(docs))
    findings.push({
      severity: 'warning',
      kind: 'docs-not-https',
      message: `${tagPrefix}docs is not an https:// address, so the window shows no link.`,
      hint: 'Set it to one that begins with https://.',
      fix: { set: { docs: docs.replace(/^http:/i, 'https:') } },
    });
  if (isProduction(cluster) && owner === undefined)
    findings.push({
      severity: 'warning',
      kind: 'owner-missing',
      message: 'The production cluster has no owner tag.',
      hint: `Set ${tagPrefix}owner to a contact for users.`,
      fix: { set: { owner: placeholder('owner') } },
    });
  return findings;
}

/** A cluster file is not published. */
function missingGroups(cluster: Cluster): readonly Finding[] {
  const { source, tagPrefix = defaultTagPrefix } = cluster;
  if (source === 'file' || audienceOf(cluster).kind !== 'untagged') return [];
  return [
    {
      severity: 'warning',
      kind: 'groups-missing',
      message: `It has no ${tagPrefix}groups, so your organisation's catalog lists it for no one.`,
      hint: 'Set it to the groups of its users, separated by +, or to everyone.',
      fix: { set: { groups: placeholder('groups') } },
    },
  ];
}

/**
 * Finds clusters that share a hostname. A SOCKS server behind an application serves many clusters; the other origins reach one.
 */
function sharedHostname(
  { id, reach, tagPrefix = defaultTagPrefix }: Cluster,
  byHostname: ReadonlyMap<string, readonly Cluster[]>,
): readonly Finding[] {
  if (reach.kind !== 'tunnel' || reach.destination !== undefined) return [];
  const others = (byHostname.get(reach.hostname) ?? []).filter(
    (other) =>
      other.id !== id &&
      other.reach.kind === 'tunnel' &&
      other.reach.destination === undefined &&
      [reach.origin, other.reach.origin].some((origin) => origin !== 'socks'),
  );
  if (others.length === 0) return [];
  return [
    {
      severity: 'error',
      kind: 'hostname-shared',
      message: `${tagPrefix}hostname is ${reach.hostname}, which leads to one API server only and is that of ${idsOf(others)} too.`,
      hint: `Give each its own, or ${tagPrefix}destination where the application is in bastion mode.`,
      fix: { set: { hostname: placeholder('hostname') } },
    },
  ];
}

function sharedTitle(
  { id, title, tagPrefix = defaultTagPrefix }: Cluster,
  alike: readonly Cluster[],
): readonly Finding[] {
  const others = alike.filter((other) => other.id !== id);
  if (others.length === 0) return [];
  return [
    {
      severity: 'warning',
      kind: 'title-shared',
      message: `"${title}" is the name of ${idsOf(others)} too.`,
      hint: `Give each a ${tagPrefix}name of its own; otherwise users must give its id.`,
      fix: { set: { name: placeholder('name') } },
    },
  ];
}

function idsOf(clusters: readonly Cluster[]): string {
  const more = clusters.length - 3;
  return `${clusters
    .slice(0, 3)
    .map(({ id }) => id)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
