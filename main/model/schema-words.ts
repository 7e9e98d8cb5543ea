import type { z } from 'zod';
import { listed } from './wording.ts';

/** How the library's messages begin (zod, `locales/en.js`). All others are ours. */
const ofLibrary = /^(?:Invalid|Too (?:small|big)|Unrecognized)/;

/** Says in our own words what does not fit a schema: never the schema library's own message, which users do not know. */
export function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is not valid';
  if (!ofLibrary.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && 'input' in issue
        ? 'is missing'
        : `must be ${withArticle(typeNames[issue.expected] ?? issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${listed(issue.values.map(String))}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at least ${issue.minimum}`
        : Number(issue.minimum) <= 1
          ? 'must not be empty'
          : `must have at least ${issue.minimum} ${unit(issue.origin)}`;
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at most ${issue.maximum}`
        : `must have at most ${issue.maximum} ${unit(issue.origin)}`;
    case 'unrecognized_keys':
      return `has unknown fields: ${issue.keys.join(', ')}`;
    default:
      return 'is not valid';
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'whole number',
  boolean: 'true or false',
  array: 'list',
  object: 'mapping',
  record: 'mapping',
};

function withArticle(name: string): string {
  if (name === 'text' || name === 'true or false') return name;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function unit(origin: string): string {
  return origin === 'string' ? 'characters' : 'items';
}
