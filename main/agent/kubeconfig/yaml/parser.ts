import { forbiddenAt } from './characters.ts';
import type { YamlDocument } from './node.ts';
import { empty, NodeParser } from './node-parser.ts';
import { Scanner } from './scanner.ts';
import { type Token, YamlFault } from './token.ts';

/**
 * Parses the first document of a YAML text as go-yaml v2 does (parserc.go, decode.go), and keeps the offsets of all that it
 * finds. Throws `YamlFault`.
 */
export function parseYaml(text: string): YamlDocument {
  const document = parseFirst(text, new Scanner(text));
  const forbidden = forbiddenAt(text);
  if (forbidden >= 0 && forbidden < text.length && isJudged(text, forbidden, document.end))
    throw new YamlFault(forbidden, 'there is a control character');
  return document;
}

/** go-yaml reads so many bytes at once, and refuses a control character in what it has read (readerc.go). */
const chunk = 512;
/** The longest sign that it looks for after a document. */
const sign = 3;

function isJudged(text: string, at: number, end: number): boolean {
  const bytesTo = (offset: number) => Buffer.byteLength(text.slice(0, offset));
  return bytesTo(at) < Math.ceil((bytesTo(end + sign) + 1) / chunk) * chunk;
}

function parseFirst(text: string, scanner: Scanner): YamlDocument {
  const first = scanner.peek();
  if (first.type === 'stream-end') return { root: undefined, end: text.length, next: undefined };
  const isExplicit =
    first.type === 'version' || first.type === 'tag-directive' || first.type === 'document-start';
  const handles = readDirectives(scanner);
  if (isExplicit) {
    const start = scanner.next();
    if (start.type !== 'document-start')
      throw new YamlFault(start.start, 'a directive is not followed by "---"');
    const content = scanner.peek();
    if (isDocumentEdge(content))
      return { root: empty(start.end), end: content.start, next: nextDocument(scanner) };
  }
  const root = new NodeParser(scanner, handles).root();
  return { root, end: scanner.peek().start, next: nextDocument(scanner) };
}

/** Returns the offset of the next document. A mistake in it does not matter. */
function nextDocument(scanner: Scanner): number | undefined {
  const { start } = scanner.peek();
  try {
    let one = scanner.peek();
    while (one.type === 'document-end' || one.type === 'document-start') {
      scanner.next();
      one = scanner.peek();
    }
    return one.type === 'stream-end' ? undefined : one.start;
  } catch {
    return start;
  }
}

/** Reads `%YAML` and `%TAG` lines. Returns the tags that they define. */
function readDirectives(scanner: Scanner): ReadonlyMap<string, string> {
  const handles = new Map<string, string>();
  let hasVersion = false;
  for (let one = scanner.peek(); ; one = scanner.peek()) {
    if (one.type === 'version') {
      if (hasVersion) throw new YamlFault(one.start, 'there are two %YAML directives');
      if (one.value !== '1.1') throw new YamlFault(one.start, 'the %YAML directive is not for 1.1');
      hasVersion = true;
    } else if (one.type === 'tag-directive') {
      if (handles.has(one.value)) throw new YamlFault(one.start, 'there are two %TAG directives for one tag');
      handles.set(one.value, one.suffix);
    } else break;
    scanner.next();
  }
  if (!handles.has('!')) handles.set('!', '!');
  if (!handles.has('!!')) handles.set('!!', 'tag:yaml.org,2002:');
  return handles;
}

function isDocumentEdge({ type }: Token): boolean {
  return (
    type === 'version' ||
    type === 'tag-directive' ||
    type === 'document-start' ||
    type === 'document-end' ||
    type === 'stream-end'
  );
}
