import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import type { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { type Organisation, organisationSchema } from '../../model/organisation.ts';
import { issueText } from '../../model/schema-words.ts';
import { closestField } from './known-fields.ts';
import { checkForPilot } from './pilot-changes.ts';

/** Problems beyond this number are only counted. */
const mostShown = 5;

/** Where something is in the text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Position {
  /** Its path, as `sources.eks.regions[0]`; empty for the whole file. */
  readonly field: string;
  /** What is wrong, without the value. */
  readonly message: string;
}

/** A configuration as it was parsed, with all that is wrong with it. */
export interface Inspection {
  /** Undefined if there are problems. */
  readonly organisation: Organisation | undefined;
  readonly problems: readonly Problem[];
  /** Returns where a field is; if it is missing, where its parent is. */
  positionOf(path: readonly PropertyKey[]): Position;
}

/**
 * Parses an organisation's configuration. `place` (a file or an address) is for messages. Throws `bad-input` with
 * place, line and field, further problems in the hint; never repeats a value.
 */
export function parseOrganisation(text: string, place: string): Organisation {
  const { organisation, problems } = inspectOrganisation(text);
  if (organisation === undefined) throw problemsError(place, problems);
  return organisation;
}

/** As `parseOrganisation`, but returns the problems, by line. */
export function inspectOrganisation(text: string): Inspection {
  const lines = new LineCounter();
  // Such a file needs no aliases, and they can make a small file huge.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const positionOf = (path: readonly PropertyKey[]): Position => {
    const range = rangeOf(document, path);
    if (range !== undefined) return positionAt(range);
    return path.length === 0 ? { line: 1, column: 1 } : positionOf(path.slice(0, -1));
  };
  const failed = (problems: readonly Problem[]): Inspection => ({
    organisation: undefined,
    problems: problems.toSorted((a, b) => a.line - b.line),
    positionOf,
  });
  // What follows a broken line is guessed.
  const [broken] = document.errors;
  if (broken !== undefined)
    return failed([{ ...positionAt(broken.pos[0]), field: '', message: sentence(broken) }]);
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 0 });
  } catch {
    return failed([{ line: 1, column: 1, field: '', message: 'must not use YAML aliases' }]);
  }
  const result = organisationSchema.safeParse(raw ?? {});
  const pilot = result.success ? checkForPilot(result.data) : undefined;
  if (result.success && pilot?.success !== false)
    return { organisation: result.data, problems: [], positionOf };
  const issues = result.success ? (pilot?.error?.issues ?? []) : result.error.issues;
  /** Where a field that does not fit is: perhaps in the changes of the pilot group, which alone do not fit then. */
  const at = (path: readonly PropertyKey[]) => {
    const changed = ['pilot', 'changes', ...path];
    return result.success && document.hasIn(changed) ? changed : path;
  };
  return failed(
    issues.flatMap((issue): readonly Problem[] => {
      const path = at(issue.path);
      const beside = result.success && path === issue.path ? 'with pilot.changes: ' : '';
      if (issue.code !== 'unrecognized_keys') {
        const message = `${beside}${messageOf(issue, document.hasIn(path))}`;
        return [{ ...positionOf(path), field: fieldName(path), message }];
      }
      return issue.keys.map((key) => {
        const unknown = [...issue.path, key];
        const near = closestField(unknown);
        const guess = near === undefined ? '' : ` (did you mean ${near}?)`;
        const there = at(unknown);
        return { ...positionOf(there), field: fieldName(there), message: `is not known${guess}` };
      });
    }),
  );
}

function messageOf(issue: z.core.$ZodIssue, isThere: boolean): string {
  const text = issueText(issue);
  return isThere || text.startsWith('is missing') ? text : 'is missing';
}

/** Returns the offset of a key or a list item. */
function rangeOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const last = path.at(-1);
  const key = isMap(parent)
    ? parent.items.find(({ key: one }) => isScalar(one) && one.value === last)?.key
    : isCollection(parent)
      ? parent.get(last, true)
      : undefined;
  return isNode(key) ? key.range?.[0] : undefined;
}

function problemsError(place: string, problems: readonly Problem[]): AppError {
  const [first = 'does not fit', ...rest] = problems.map(
    ({ line, field, message }) => `line ${line}${field === '' ? '' : `, ${field}`}: ${message}`,
  );
  const more = rest.slice(0, mostShown - 1);
  const uncounted = rest.length - more.length;
  return new AppError('bad-input', `${place}, ${first}.`, {
    hint:
      more.length === 0
        ? 'Correct it there, or ask its administrator.'
        : `Also: ${more.join('; ')}${uncounted === 0 ? '' : `; and ${uncounted} more`}.`,
  });
}

/** Returns the path of a field as people read it: `sources.eks.regions[0]`. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function sentence({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'it holds more than one document' : message.replace(/\.$/, '');
}
