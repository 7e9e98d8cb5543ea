import type { KubeObject } from './objects.ts';
import type { ResourceType } from './resource-types.ts';
import { badRequest } from './status.ts';

export type Matches = (object: KubeObject) => boolean;

/** One predicate out of the `labelSelector` and `fieldSelector` of a request; rejects with 400 as the server does. */
export function parseSelectors(type: ResourceType, query: URLSearchParams): Matches {
  const labels = splitTerms(query.get('labelSelector') ?? '').map(parseLabelTerm);
  const fields = (query.get('fieldSelector') ?? '')
    .split(',')
    .filter(Boolean)
    .map((term) => parseFieldTerm(type, term));
  return (object) => [...labels, ...fields].every((matches) => matches(object));
}

/** Splits at commas that are not inside `in (a,b)`. */
function splitTerms(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter(Boolean);
}

function parseLabelTerm(term: string): Matches {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return ({ metadata }) => values.includes(metadata.labels?.[key] ?? '\0') === (operator === 'in');
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(term);
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    return ({ metadata }) => (metadata.labels?.[key] === value) === (operator !== '!=');
  }
  const [, second] = /^[^=!\s]+\s*(?:==|=|!=)\s*[^=!\s]*(==|=|!=)/.exec(term) ?? [];
  if (second !== undefined) throw badRequest(`found '${second}', expected: ',' or 'end of string'`);
  const existence = /^(!?)\s*([^=!\s]+)$/.exec(term);
  if (!existence) throw badRequest(`unable to parse requirement: found '${term}'`);
  const [, negation, key = ''] = existence;
  return ({ metadata }) => (metadata.labels?.[key] !== undefined) === (negation === '');
}

function parseFieldTerm(type: ResourceType, term: string): Matches {
  const [, path = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? [];
  if (operator === undefined) {
    throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  }
  const known = ['metadata.name', 'metadata.namespace', ...type.fieldLabels];
  if (!known.includes(path)) {
    throw badRequest(`field label not supported: ${path}`);
  }
  return (object) => (fieldOf(object, path) === value) === (operator !== '!=');
}

function fieldOf(object: KubeObject, path: string): string {
  let at: unknown = object;
  for (const step of path.split('.')) {
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined;
  }
  return at === undefined || at === null ? '' : String(at);
}
