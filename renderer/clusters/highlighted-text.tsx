import { highlighted } from './search.ts';

/** Renders `children` with the matches marked. */
export function HighlightedText({
  children,
  words,
}: {
  readonly children: string;
  readonly words: readonly string[];
}) {
  return highlighted(children, words).map(({ text, isHit, at }) =>
    isHit ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>,
  );
}
