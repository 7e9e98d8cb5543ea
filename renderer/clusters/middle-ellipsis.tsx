import { endOf } from './ends.ts';
import { HighlightedText } from './highlighted-text.tsx';
import './middle-ellipsis.css';
import { highlighted } from './search.ts';

/** From this length on, a beginning is longer than what always stays visible of it. */
const longStart = 6;

/** Renders `children` in one line with an ellipsis in the middle: the end of `name` stays visible. */
export function MiddleEllipsis({
  children,
  name = children,
  words,
}: {
  readonly children: string;
  readonly name?: string | undefined;
  readonly words: readonly string[];
}) {
  const start = children.lastIndexOf(name);
  const end = endOf(name);
  if (start < 0 || end === name.length) return <HighlightedText words={words}>{children}</HighlightedText>;
  const pieces = highlighted(children, words);
  return (
    <span className="middle-ellipsis" data-long={start + end >= longStart || undefined}>
      <span>{marked(pieces, 0, start + end)}</span>
      <span>{marked(pieces, start + end, children.length)}</span>
    </span>
  );
}

function marked(pieces: ReturnType<typeof highlighted>, from: number, to: number) {
  return pieces.flatMap(({ text, isHit, at }) => {
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (part === '') return [];
    return [isHit ? <mark key={at}>{part}</mark> : <span key={at}>{part}</span>];
  });
}
