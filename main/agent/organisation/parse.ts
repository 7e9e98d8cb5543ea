import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import { AppError } from '../../model/app-error.ts';
import { type Organisation, organisationSchema } from '../../model/organisation.ts';
import { issueText } from '../../model/schema-words.ts';
import { checkForPilot } from './pilot-changes.ts';

/** Problems beyond this number are only counted. */
const mostShown = 5;

interface Problem {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/**
 * Parses an organisation's configuration. `place` (a file or an address) is for messages. Throws `bad-input` with
 * place, line and field, further problems in the hint; never repeats a value.
 */
export function parseOrganisation(text: string, place: string): Organisation {
  const lines = new LineCounter();
  // Such a file needs no aliases, and they can make a small file huge.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
  });
  const [broken] = document.errors;
  if (broken !== undefined) {
    throw problemsError(place, [
      { line: lines.linePos(broken.pos[0]).line, field: '', message: sentence(broken) },
    ]);
  }
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw problemsError(place, [{ line: 1, field: '', message: 'must not use YAML aliases' }]);
  }
  const result = organisationSchema.safeParse(raw ?? {});
  const pilot = result.success ? checkForPilot(result.data) : undefined;
  if (result.success && pilot?.success !== false) return result.data;
  /** Returns the line of the key or list item; if it is missing, the line of its parent. */
  const lineOf = (path: readonly PropertyKey[]): number => {
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
    const last = path.at(-1);
    const key = isMap(parent)
      ? parent.items.find(({ key: one }) => isScalar(one) && one.value === last)?.key
      : isCollection(parent)
        ? parent.get(last, true)
        : undefined;
    if (isNode(key) && key.range) return lines.linePos(key.range[0]).line;
    return path.length === 0 ? 1 : lineOf(path.slice(0, -1));
  };
  const issues = result.success ? (pilot?.error?.issues ?? []) : result.error.issues;
  throw problemsError(
    place,
    issues.flatMap((issue): Problem[] => {
      /** A configuration that fits without the changes of its pilot group does not fit with them. */
      const at = (path: readonly PropertyKey[]) => {
        const changed = ['pilot', 'changes', ...path];
        return result.success && document.hasIn(changed) ? changed : path;
      };
      const path = at(issue.path);
      const beside = result.success && path === issue.path ? 'with pilot.changes: ' : '';
      if (issue.code !== 'unrecognized_keys')
        return [
          {
            line: lineOf(path),
            field: fieldOf(path),
            message: `${beside}${document.hasIn(path) ? issueText(issue) : 'is missing'}`,
          },
        ];
      return issue.keys.map((key) => {
        const unknown = at([...issue.path, key]);
        return { line: lineOf(unknown), field: fieldOf(unknown), message: 'is not known' };
      });
    }),
  );
}

function problemsError(place: string, problems: readonly Problem[]): AppError {
  const [first, ...rest] = problems
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, field, message }) => `line ${line}${field === '' ? '' : `, ${field}`}: ${message}`);
  const more = rest.slice(0, mostShown - 1);
  const uncounted = rest.length - more.length;
  return new AppError('bad-input', `${place}, ${first ?? 'does not fit'}.`, {
    hint:
      more.length === 0
        ? 'Correct it there, or ask its administrator.'
        : `Also: ${more.join('; ')}${uncounted === 0 ? '' : `; and ${uncounted} more`}.`,
  });
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function sentence({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'it holds more than one document' : message.replace(/\.$/, '');
}
