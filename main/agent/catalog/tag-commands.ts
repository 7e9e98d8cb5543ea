import { AppError } from '../../model/app-error.ts';
import type { Cluster, Source } from '../../model/cluster.ts';
import type { Shell } from '../../model/shell-word.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { eksCommands } from './eks-tag-commands.ts';
import type { TagField } from './tag-checks.ts';
import { decodeValue, encodeValue, splitValue } from './tag-codec.ts';
import { type KeyChange, type Line, lineFor, printableJson, values } from './tag-command-line.ts';
import { type TagChange, tagPart } from './tags.ts';

/** Limits of each source (documented for Google and Azure): characters per value, tags per cluster. */
const limits: Readonly<Record<Exclude<Source, 'file'>, { readonly value: number; readonly tags: number }>> = {
  eks: { value: 256, tags: 50 },
  gke: { value: 63, tags: 64 },
  aks: { value: 256, tags: 50 },
  vault: { value: 512, tags: 64 },
};

/**
 * Returns the commands that a user with the permissions pastes into a shell; for a file, a comment that says what to
 * edit. Names and tags cannot break out of their quoting. Throws `bad-input` if the source cannot hold the values, or
 * if no safe command exists.
 */
export function tagCommands(cluster: Cluster, change: TagChange, shell: Shell = 'posix'): readonly string[] {
  const keys = keyChange(cluster, change);
  const line = lineFor(shell);
  switch (cluster.source) {
    case 'eks':
      return eksCommands(cluster, keys, line);
    case 'gke':
      return gkeCommands(cluster, keys, line);
    case 'aks':
      return aksCommands(cluster, keys, line);
    case 'vault':
      return vaultCommands(cluster, keys, line);
    case 'file':
      return fileEdits(cluster, change);
  }
}

function keyChange(cluster: Cluster, change: TagChange): KeyChange {
  const { source, tags = {}, tagPrefix = defaultTagPrefix } = cluster;
  const set = new Map<string, string>();
  const remove = new Set(change.remove ?? []);
  const partsOf = (field: TagField) =>
    Object.keys(tags).filter((key) => tagPart(key, tagPrefix)?.field === field);
  for (const [field, value] of Object.entries(change.set ?? {}) as readonly (readonly [TagField, string])[]) {
    const parts = Object.entries(stored(source, `${tagPrefix}${field}`, value));
    for (const [key, part] of parts) {
      // Some sources have keys that differ only by case: overwrite the existing one. Prefer the one that `readTags`
      // uses.
      const present = partsOf(field).filter((other) => other.toLowerCase() === key && !remove.has(other));
      set.set(present.sort((a, b) => (a < b ? 1 : -1))[0] ?? key, part);
    }
    for (const key of partsOf(field)) if (!set.has(key)) remove.add(key);
  }
  for (const field of change.unset ?? []) for (const key of partsOf(field)) remove.add(key);
  return { set: [...set], remove: [...remove].map((key) => [key, tags[key]]) };
}

/** Returns a field's value as the source stores it, in one tag or several. */
function stored(source: Source, key: string, value: string): Readonly<Record<string, string>> {
  if (/^<.*>$/.test(value)) {
    // A placeholder for the user to fill in: in a label, the encoded value.
    return { [key]: source === 'gke' ? value.replace('>', '_WITH_UNDERSCORES_FOR_DOTS>') : value };
  }
  if (source === 'file') return { [key]: value };
  const limit = limits[source];
  const fits = source !== 'gke' && Buffer.byteLength(value) <= limit.value && decodeValue(value) === value;
  const parts = fits ? { [key]: value } : splitValue(key, encodeValue(value), limit.value);
  const count = Object.keys(parts).length;
  if (count > limit.tags) {
    throw new AppError(
      'bad-input',
      `${key} is too long for ${source}: it would take ${count} ${words[source].many} of ${limit.value} characters, and a cluster can have ${limit.tags}.`,
      { hint: 'Choose a shorter value, of plain letters where it can be.' },
    );
  }
  return parts;
}

/** What each source calls a tag. */
const words: Readonly<Record<Source, { readonly one: string; readonly many: string }>> = {
  eks: { one: 'tag', many: 'tags' },
  gke: { one: 'label', many: 'labels' },
  aks: { one: 'tag', many: 'tags' },
  vault: { one: 'custom metadata', many: 'entries of custom metadata' },
  file: { one: 'field', many: 'fields' },
};

/** Returns what a cluster's source calls its tags. */
export function tagWord(cluster: Pick<Cluster, 'source' | 'credential'>): string {
  return isVersionOne(cluster) ? 'key of the secret' : words[cluster.source].one;
}

function gkeCommands(cluster: Cluster, { set, remove }: KeyChange, line: Line): readonly string[] {
  const { id, name, region, account, credential } = cluster;
  const user = credential?.kind === 'gke' ? credential.account : undefined;
  const asAccount = user?.includes('@') ? [`--account=${user}`] : [];
  // A member of a fleet that GKE does not list: `gke/PROJECT/fleet/LOCATION%2FNAME`.
  const [member] = region === 'fleet' ? decodeURIComponent(id.split('/')[3] ?? '').split('/') : [];
  const kind = member === undefined ? ['clusters'] : ['fleet', 'memberships'];
  // One gcloud command either updates or removes labels.
  const update = (option: string) => {
    const where = [`--location=${member ?? region}`, `--project=${account}`, ...asAccount];
    return line(['gcloud', 'container', ...kind, 'update', { value: name }, ...where, option]);
  };
  return [
    ...(set.length === 0
      ? []
      : [update(`--update-labels=${set.map(([key, value]) => `${key}=${value}`).join(',')}`)]),
    ...(remove.length === 0 ? [] : [update(`--remove-labels=${remove.map(([key]) => key).join(',')}`)]),
  ];
}

function aksCommands(cluster: Cluster, { set, remove }: KeyChange, line: Line): readonly string[] {
  const { account, name, id } = cluster;
  const [group = ''] = decodeURIComponent(id.split('/')[3] ?? '').split('/');
  const resourceGroup = cluster.credential?.kind === 'aks' ? cluster.credential.resourceGroup : group;
  const resource = `/subscriptions/${account}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
  const update = (operation: string, pairs: KeyChange['remove']) => {
    const tags = pairs.map(([key, value]) => (value === undefined ? key : `${key}=${value}`));
    const where = ['--resource-id', resource, '--operation', operation, '--subscription', { value: account }];
    return line(['az', 'tag', 'update', ...where, '--tags', ...values(tags)]);
  };
  return [
    ...(set.length === 0 ? [] : [update('Merge', set)]),
    ...(remove.length === 0 ? [] : [update('Delete', remove)]),
  ];
}

function vaultCommands(cluster: Cluster, { set, remove }: KeyChange, line: Line): readonly string[] {
  const { mount, path, options } = vaultSecretOf(cluster);
  const where = [...options, `-mount=${mount}`];
  if (isVersionOne(cluster)) {
    // KV version 1 replaces a secret as a whole: read, change and write it back, only through pipes.
    const filter = [
      '.data',
      ...(remove.length === 0
        ? []
        : [`del(${remove.map(([key]) => `.[${printableJson(key)}]`).join(', ')})`]),
      ...(set.length === 0 ? [] : [`. + ${printableJson(Object.fromEntries(set))}`]),
    ].join(' | ');
    return [
      [
        line(['vault', 'kv', 'get', '-format=json', ...where, { value: path }]),
        line(['jq', filter]),
        line(['vault', 'kv', 'put', ...where, { value: path }, '-']),
      ].join(' | '),
    ];
  }
  const changes = [
    ...set.map(([key, value]) => `-custom-metadata=${key}=${value}`),
    ...remove.map(([key]) => `-remove-custom-metadata=${key}`),
  ];
  return changes.length === 0
    ? []
    : [line(['vault', 'kv', 'metadata', 'patch', ...where, ...changes, { value: path }])];
}

/** KV version 1 has no metadata: the tags are in the secret itself. */
function isVersionOne({ credential }: Pick<Cluster, 'credential'>): boolean {
  return credential?.kind === 'vault' && credential.version === 1;
}

/**
 * Returns the cluster's path in Vault. Without a credential that has the mount, takes it from the account:
 * `<host>[/<namespace>]/<mount>`.
 */
function vaultSecretOf({ account, region, name, credential }: Cluster) {
  const known = credential?.kind === 'vault' ? credential : undefined;
  const [host = '', ...rest] = account.split('/');
  const mount = known?.mount ?? rest.at(-1) ?? '';
  const namespace = rest.join('/').slice(0, -mount.length - 1);
  return {
    mount,
    path: known?.path ?? (region === '/' ? name : `${region}/${name}`),
    options: [
      `-address=${known?.address ?? addressOf(host)}`,
      ...(namespace === '' ? [] : [`-namespace=${namespace}`]),
    ],
  };
}

/** A cluster without a credential of Vault does not say how its server is reached: by TLS, but for one on this computer. */
function addressOf(host: string): string {
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host);
  return `${isHere ? 'http' : 'https'}://${host}`;
}

function fileEdits(
  { account, name, tagPrefix = defaultTagPrefix }: Cluster,
  { set = {}, unset = [], remove = [] }: TagChange,
): readonly string[] {
  const place = `# In ${printableJson(account)}, under tags of ${printableJson(name)}:`;
  const bare = (key: string) => printableJson(tagPart(key, tagPrefix)?.name ?? key);
  return [
    ...Object.entries(set).map(([field, value]) => `${place} set ${field}: ${printableJson(value)}`),
    ...unset.map((field) => `${place} remove ${field}`),
    ...remove.map((key) => `${place} remove ${bare(key)}`),
  ];
}
