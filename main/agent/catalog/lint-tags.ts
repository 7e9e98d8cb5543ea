import { toPlainError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';
import { mixedScripts } from '../../model/mixed-scripts.ts';
import type { Shell } from '../../model/shell-word.ts';
import { usualTagPrefix } from '../../model/tag-prefix.ts';
import { audienceOf } from './audience.ts';
import { placeholder } from './tag-checks.ts';
import { tagCommands } from './tag-commands.ts';
import { type TagChange, tagFixes, tagPart } from './tags.ts';

export interface TagFinding {
  readonly cluster: Cluster;
  /** An error blocks or misleads users; a warning may be intended. */
  readonly severity: 'error' | 'warning';
  readonly kind:
    | 'tag-problem'
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

/**
 * Returns all errors and warnings in the clusters' tags, in the order of the clusters. `hasCatalog`: the organisation
 * publishes its clusters, which it is also taken to do if one of them has the tag `groups`.
 */
export function lintTags(
  clusters: readonly Cluster[],
  shell: Shell = 'posix',
  { hasCatalog = false }: { readonly hasCatalog?: boolean } = {},
): readonly TagFinding[] {
  const isPublishing = hasCatalog || clusters.some((cluster) => audienceOf(cluster).kind !== 'untagged');
  const byHostname = Map.groupBy(clusters, ({ reach }) => (reach.kind === 'tunnel' ? reach.hostname : ''));
  const byTitle = Map.groupBy(clusters, ({ title }) => title.toLowerCase());
  return clusters.flatMap((cluster) =>
    [
      ...ownFindings(cluster),
      ...sharedHostname(cluster, byHostname),
      ...sharedTitle(cluster, byTitle.get(cluster.title.toLowerCase()) ?? []),
      ...(isPublishing ? missingGroups(cluster) : []),
    ].map((finding) => withCommands(cluster, finding, shell)),
  );
}

function withCommands(cluster: Cluster, { fix, ...finding }: Finding, shell: Shell): TagFinding {
  try {
    return { cluster, ...finding, commands: fix === undefined ? [] : tagCommands(cluster, fix, shell) };
  } catch (error) {
    // If no command can be given, explain in the hint.
    const { message, hint = '' } = toPlainError(error);
    return { cluster, ...finding, hint: `${finding.hint} ${message} ${hint}`.trim(), commands: [] };
  }
}

function ownFindings(cluster: Cluster): readonly Finding[] {
  const { title, tags = {}, tagPrefix = usualTagPrefix, tagProblems, reach } = cluster;
  const { environment, docs, owner } = cluster;
  const hasHostname = Object.keys(tags).some((key) => tagPart(key, tagPrefix)?.field === 'hostname');
  const findings: Finding[] = tagFixes(tags, tagPrefix).map(({ message, hint, fix }) => ({
    severity: 'error',
    kind: 'tag-problem',
    message,
    hint,
    fix,
  }));
  for (const { key, message, hint } of tagProblems)
    if (tagPart(key, tagPrefix) === undefined)
      findings.push({ severity: 'error', kind: 'source-problem', message, hint });
  if (reach.kind === 'none' && !hasHostname)
    findings.push({
      severity: 'warning',
      kind: 'hostname-missing',
      message: `It has no ${tagPrefix}hostname, and so no tunnel.`,
      hint: "Set it to the hostname of the cluster's Access application.",
      fix: { set: { hostname: placeholder('hostname') } },
    });
  if (environment !== undefined && !isProduction(cluster) && soundsLikeProduction(environment))
    findings.push({
      severity: 'error',
      kind: 'environment-unrecognised',
      message: `${tagPrefix}environment is "${environment}", so switching to the cluster needs no confirmation.`,
      hint: 'Only production or prod requires a confirmation.',
      fix: { set: { environment: 'production' } },
    });
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
  const { source, tagPrefix = usualTagPrefix } = cluster;
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

const productionWords = new Set(['prod', 'prods', 'prd', 'production', 'productive', 'produktion', 'live']);
const denials = new Set(['non', 'not', 'no', 'pre']);

function soundsLikeProduction(environment: string): boolean {
  const words = environment.toLowerCase().split(/[^\p{L}]+/u);
  return words.some((word) => productionWords.has(word)) && !words.some((word) => denials.has(word));
}

/**
 * Finds clusters that share a hostname. A SOCKS server behind an application serves many clusters; the other origins reach one.
 */
function sharedHostname(
  { id, reach, tagPrefix = usualTagPrefix }: Cluster,
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
  { id, title, tagPrefix = usualTagPrefix }: Cluster,
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
