import type { Node, ScalarNode } from './node.ts';
import { type Scalar, scalarOf } from './scalar.ts';
import { YamlFault } from './token.ts';

/** A value as JSON has it, which is what kubectl makes of YAML before it reads it. */
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

/**
 * Returns the value of a node as kubectl sees it: go-yaml v2 decodes it (decode.go), sigs.k8s.io/yaml turns it into JSON.
 * Of duplicate keys the last counts, and a merge key overrides those before it. Throws `YamlFault`.
 */
export function jsonOf(root: Node): Json {
  checkAliases(root);
  const known = new Map<Node, Json>();
  const notFinite: Node[] = [];
  const convert = (node: Node): Json => {
    if (node.kind === 'scalar') {
      const value = scalarOf(node);
      if (typeof value === 'number' && !Number.isFinite(value)) notFinite.push(node);
      return value;
    }
    if (node.kind === 'alias') return convert(node.target);
    const done = known.get(node);
    if (done !== undefined) return done;
    if (node.kind === 'seq') {
      const list = node.items.map((item) => convert(item.node));
      known.set(node, list);
      return list;
    }
    const map: Record<string, Json> = {};
    known.set(node, map);
    for (const { key, value } of node.pairs) {
      if (!isMerge(key)) set(map, keyOf(key), convert(value));
      else
        for (const source of mergeSources(value)) {
          for (const [name, inner] of Object.entries(convert(source) ?? {})) set(map, name, inner);
        }
    }
    return map;
  };
  const json = convert(root);
  const [first] = notFinite;
  // JSON has no such numbers. One that a later key of the same name replaces does not matter.
  if (first !== undefined && hasNotFinite(json))
    throw new YamlFault(first.start, 'a number is infinite or none');
  return json;
}

function hasNotFinite(value: Json, seen = new Set<Json>()): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((inner: Json) => hasNotFinite(inner, seen));
}

/** Returns true for a merge key: `<<`, if it is not quoted. */
export function isMerge(key: Node): key is ScalarNode {
  if (key.kind !== 'scalar' || key.value !== '<<') return false;
  return key.tag === undefined
    ? key.style === 'plain'
    : key.tag === 'tag:yaml.org,2002:merge' || key.tag === '!';
}

/** Returns the mappings of a merge key, the weakest first. */
export function mergeSources(value: Node): readonly Node[] {
  const isMap = (node: Node) => (node.kind === 'alias' ? node.target : node).kind === 'map';
  const sources = value.kind === 'seq' ? value.items.map(({ node }) => node).toReversed() : [value];
  for (const source of sources)
    if (!isMap(source)) throw new YamlFault(source.start, 'a merge key has something else than mappings');
  return sources;
}

/** Returns the name of a key. Numbers and booleans become text (sigs.k8s.io/yaml, convertToJSONableObject). */
export function keyOf(node: Node): string {
  const target = node.kind === 'alias' ? node.target : node;
  const value = target.kind === 'scalar' ? scalarOf(target) : undefined;
  if (value === undefined || value === null) throw new YamlFault(node.start, 'a key is not text');
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? '.nan' : value < 0 ? '-.inf' : '.inf';
  return String(value);
}

function set(map: Record<string, Json>, key: string, value: Json): void {
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

/** How many more values aliases may make of a file, by the number of all values (decode.go). */
function allowedShare(values: number): number {
  const [low, high] = [400_000, 4_000_000];
  if (values <= low) return 0.99;
  return values >= high ? 0.1 : 0.99 - 0.89 * ((values - low) / (high - low));
}

/** Throws for an alias that contains itself, and for a file that its aliases blow up. */
function checkAliases(root: Node): void {
  const sizes = new Map<Node, number | 'open'>();
  let aliased = 0;
  const size = (node: Node): number => {
    if (node.kind === 'scalar') return 1;
    const known = sizes.get(node);
    if (known === 'open') throw new YamlFault(node.start, 'an alias repeats what contains it');
    if (known !== undefined) return known;
    sizes.set(node, 'open');
    let sum = 1;
    if (node.kind === 'alias') sum += size(node.target);
    else if (node.kind === 'seq') for (const { node: inner } of node.items) sum += size(inner);
    else for (const { key, value } of node.pairs) sum += size(key) + size(value);
    sizes.set(node, sum);
    if (node.kind === 'alias') aliased += sum - 1;
    return sum;
  };
  const values = size(root);
  if (aliased > 100 && values > 1000 && aliased / values > allowedShare(values))
    throw new YamlFault(root.start, 'aliases repeat too much of the file');
}
