/** The supported subset of Markdown. Everything else, including HTML, is shown verbatim. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] };

export type Span =
  | { readonly kind: 'text' | 'code' | 'strong'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string };

const fence = /^ {0,3}```/;
const heading = /^ {0,3}(#{1,6}) +(\S.*|)$/;
const item = /^ {0,7}(?:[-*+]|(\d{1,9})[.)]) +(\S.*|)$/;

/** Headings, lists (not within each other), fenced code, paragraphs; in them links, code and strong words. */
export function parseNotes(notes: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = notes.split(/\r?\n/);
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const take = (goesOn: (line: string) => boolean): readonly string[] => {
      const start = at;
      do at += 1;
      while (at < lines.length && goesOn(lines[at] ?? ''));
      return lines.slice(start, at);
    };
    const [, marks, title = ''] = heading.exec(line) ?? [];
    if (line.trim() === '') at += 1;
    else if (fence.test(line)) {
      const [, ...code] = take((next) => !fence.test(next));
      at += 1;
      blocks.push({ kind: 'code', text: code.join('\n') });
    } else if (marks !== undefined) {
      at += 1;
      blocks.push({
        kind: 'heading',
        level: levels[marks.length - 1] ?? 3,
        spans: parseSpans(title.trim().replace(/ #+$/, '')),
      });
    } else if (item.test(line)) {
      blocks.push(listOf(take((next) => item.test(next) || /^ +\S/.test(next))));
    } else {
      const text = take(
        (next) => next.trim() !== '' && ![fence, heading, item].some((one) => one.test(next)),
      );
      blocks.push({ kind: 'paragraph', spans: parseSpans(text.map((one) => one.trim()).join(' ')) });
    }
  }
  return blocks;
}

const levels = [1, 2, 3] as const;

/** A line that starts no item continues the previous one. */
function listOf(lines: readonly string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    const [, , text] = item.exec(line) ?? [];
    if (text !== undefined) items.push(text);
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  const ordered = item.exec(lines[0] ?? '')?.[1] !== undefined;
  return { kind: 'list', ordered, items: items.map(parseSpans) };
}

const span =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^[\]\n]+)\]\(([^()\s]+)\)|(https:\/\/[^\s"'<>`()]*[^\s"'<>`().,;:!?])/g;

function parseSpans(text: string): readonly Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const found of text.matchAll(span)) {
    const [whole, code, strong, words, target, address] = found;
    const parsed = spanOf({ code, strong, words, target, address });
    // Links other than https are shown verbatim.
    if (parsed === undefined) continue;
    if (found.index > end) spans.push({ kind: 'text', text: text.slice(end, found.index) });
    spans.push(parsed);
    end = found.index + whole.length;
  }
  if (end < text.length) spans.push({ kind: 'text', text: text.slice(end) });
  return spans;
}

function spanOf(
  found: Readonly<Record<'code' | 'strong' | 'words' | 'target' | 'address', string | undefined>>,
) {
  const { code, strong, words, target, address } = found;
  if (code !== undefined) return { kind: 'code', text: code } as const;
  if (strong !== undefined) return { kind: 'strong', text: strong } as const;
  const url = URL.parse(target ?? address ?? '');
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  return { kind: 'link', text: words ?? address ?? '', url: url.href } as const;
}
