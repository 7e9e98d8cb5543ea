import { lineAt, type Node, parse, type Source, walk } from './sources.ts';

/** A text for users or maintainers, and its first line. */
export interface Prose {
  readonly text: string;
  readonly line: number;
}

/** JSX attributes without user-facing text. */
const silentAttributes = /^(className|style|key|id|role|type|name|slot|href|d|viewBox|data-.*)$/;
/** Calls whose strings are names of commands or options, not sentences. */
const silentCalls = new Set(['command', 'alias', 'aliases', 'option', 'import', 'require', 'querySelector']);

/**
 * Returns the user-facing text of a source file: text in JSX, and string and template literals with a space or a
 * leading capital. Excludes imported file names, CSS classes and fields. `isWanted` limits the result to text below a
 * node, such as the arguments of an error.
 */
export function proseOf(source: Source, isWanted: (node: Node) => boolean = () => true): readonly Prose[] {
  const found: Prose[] = [];
  const add = (text: string, node: Node) => {
    if (text.trim() !== '') found.push({ text, line: lineAt(source.text, node.start) });
  };
  const collect = (node: Node): boolean | undefined => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'TSLiteralType':
        return false;
      case 'CallExpression':
        return silentCalls.has(nameOf(node.callee as Node)) ? false : undefined;
      case 'JSXAttribute':
        return silentAttributes.test(nameOf(node.name as Node)) ? false : undefined;
      case 'JSXText':
        add(String(node.value), node);
        return undefined;
      case 'Literal':
        if (typeof node.value === 'string' && isText(node.value)) add(node.value, node);
        return undefined;
      case 'TemplateLiteral': {
        const parts = node.quasis as readonly { readonly value: { readonly cooked: string | null } }[];
        // Replace an interpolation with a word that is not in the list.
        const text = parts.map(({ value }) => value.cooked ?? '').join('…');
        if (isText(text)) add(text, node);
        return undefined;
      }
      default:
        return undefined;
    }
  };
  walk(parse(source), (node) => {
    if (!isWanted(node)) return undefined;
    walk(node, collect);
    return false;
  });
  return found;
}

/** Selects the agent's texts for users: message and hint of an AppError, and the text of a notice. */
export function isErrorText({ type, callee }: Node): boolean {
  if (type !== 'NewExpression' && type !== 'CallExpression') return false;
  return ['AppError', 'notice', 'noticeOnce'].includes(nameOf(callee as Node));
}

/** Returns the prose of a Markdown document, without code, link targets, HTML, and the section `leftOut`. */
export function proseOfMarkdown(text: string, leftOut?: string): readonly Prose[] {
  const blank = (match: string) => match.replaceAll(/[^\n]/g, ' ');
  const section = leftOut === undefined ? undefined : `\n## ${leftOut}\n`;
  const from = section === undefined ? -1 : text.indexOf(section);
  const to = from < 0 ? -1 : text.indexOf('\n## ', from + 1);
  const chosen =
    from < 0 ? text : text.slice(0, from) + blank(text.slice(from, to < 0 ? undefined : to)) + text.slice(to);
  const prose = chosen
    .replaceAll(/^```[\s\S]*?^```/gm, blank)
    .replaceAll(/`[^`]*`/g, (code) => (code.includes('\n') ? blank(code) : '…'))
    .replaceAll(/\]\([^)\s]*\)/g, ']')
    .replaceAll(/<[^>\n]*>/g, blank);
  const found: Prose[] = [];
  let line = 1;
  for (const paragraph of prose.split(/(\n\s*\n)/)) {
    if (paragraph.trim() !== '') found.push({ text: paragraph, line });
    line += paragraph.split('\n').length - 1;
  }
  return found;
}

function isText(value: string): boolean {
  return /\p{L}\s|\s\p{L}|^\p{Lu}\p{Ll}/u.test(value);
}

function nameOf(node: Node): string {
  if (node.type === 'ImportExpression') return 'import';
  const own = node.name ?? (node.property as Node | undefined)?.name ?? node.value;
  return typeof own === 'string' ? own : '';
}
