import { beforeCommands } from '../../agent/catalog/eks-tag-commands.ts';
import { findCluster } from '../../agent/catalog/find-cluster.ts';
import { checkTag, type TagField, tagFields } from '../../agent/catalog/tag-checks.ts';
import { tagCommands, tagWord } from '../../agent/catalog/tag-commands.ts';
import { type TagChange, tagPart } from '../../agent/catalog/tags.ts';
import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import { nearest } from '../../model/nearest.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { listed } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { shellFrom } from '../shell-flag.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { knownClusters } from './list.ts';

/** Shows a cluster's tags or, with changes, prints the commands that make them. Changes nothing itself. */
export async function runTags(
  session: Session,
  word: string,
  flags: { readonly set: readonly string[]; readonly unset: readonly string[]; readonly shell?: string },
): Promise<number> {
  const shell = shellFrom(flags.shell);
  // Reject wrong arguments before discovery starts.
  changeFrom(flags, defaultTagPrefix);
  const { clusters } = await knownClusters(session);
  const cluster = findCluster(word, new Map(clusters.map((one) => [one.id, one])));
  const { id, title } = cluster;
  session.progress.end();
  if (flags.set.length + flags.unset.length > 0) {
    const commands = tagCommands(cluster, changeFrom(flags, cluster.tagPrefix), shell);
    const before = commands.length === 0 ? undefined : beforeCommands(cluster);
    if (session.json)
      writeJson({ cluster: id, title, commands, ...(before === undefined ? {} : { hint: before }) });
    else if (commands.length === 0) writeAside(['No changes.']);
    else {
      writeLines(commands.map(printable));
      writeAside([
        ...(before === undefined ? [] : [before]),
        paint(
          'dim',
          'Nothing was changed yet. Run the commands, then `k8s-tunnels discover`.',
          process.stderr,
        ),
      ]);
    }
    return exitCodes.ok;
  }
  const tags = tagsInForce(cluster);
  if (session.json) writeJson({ cluster: id, title, tags, problems: cluster.tagProblems });
  else {
    writeLines(
      table(tags.map(({ field, value, from }) => [field, printable(value), paint('dim', printable(from))])),
    );
    writeAside(
      cluster.tagProblems.map(
        ({ message, hint }) => `${paint('yellow', '!', process.stderr)} ${printable(`${message} ${hint}`)}`,
      ),
    );
  }
  return exitCodes.ok;
}

interface TagInForce {
  readonly field: TagField;
  readonly value: string;
  /** The key at the source, or the origin of the value without one. */
  readonly from: string;
}

function tagsInForce(cluster: Cluster): readonly TagInForce[] {
  const { reach, source, name, title, tags = {}, tagPrefix = defaultTagPrefix } = cluster;
  const values: Partial<Record<TagField, string | undefined>> = {
    ...(reach.kind === 'tunnel' ? reach : {}),
    name: title,
    environment: cluster.environment,
    group: cluster.group,
    namespace: cluster.namespace,
    'server-name': cluster.serverName,
    endpoint: cluster.endpoint,
    role: cluster.role,
    owner: cluster.owner,
    description: cluster.description,
    docs: cluster.docs,
  };
  const keyOf = (field: TagField) =>
    Object.keys(tags).find((key) => tagPart(key, tagPrefix)?.field === field);
  const origin = (field: TagField) => {
    const key = keyOf(field);
    if (key !== undefined) return `${tagWord(cluster)} ${key}`;
    return field === 'name' && title === name ? `its name in ${source}` : 'default';
  };
  return tagFields.flatMap((field) => {
    const value = values[field];
    return value === undefined ? [] : [{ field, value, from: origin(field) }];
  });
}

function changeFrom(
  flags: { readonly set: readonly string[]; readonly unset: readonly string[] },
  tagPrefix: string | undefined,
): TagChange {
  const set: Partial<Record<TagField, string>> = {};
  for (const text of flags.set) {
    const [, name = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const field = fieldFrom(name);
    const checked = checkTag(field, value.trim(), tagPrefix);
    if (!('value' in checked)) throw new AppError('bad-input', checked.message, { hint: checked.hint });
    set[field] = checked.value;
  }
  const unset = flags.unset.map(fieldFrom);
  const twice = unset.find((field) => field in set);
  if (twice !== undefined) throw new AppError('bad-input', `${twice} is both set and unset.`);
  return { set, unset };
}

function fieldFrom(name: string): TagField {
  const field = tagFields.find((one) => one === name);
  if (field !== undefined) return field;
  throw new AppError('bad-input', `There is no tag "${name}".`, {
    hint: `Did you mean ${nearest(name, tagFields, 1)[0]}? The tags are ${listed(tagFields)}.`,
  });
}
