import { Fragment, type ReactNode } from 'react';
import { type Block, parseNotes, type Span } from './markdown.ts';

/** Renders release notes as elements, never as HTML. */
export function Notes({ notes }: { readonly notes: string }) {
  return each(parseNotes(notes), block);
}

function each<T>(things: readonly T[], show: (thing: T) => ReactNode): ReactNode {
  return things.map((thing, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: notes do not change, nothing in them moves.
    <Fragment key={index}>{show(thing)}</Fragment>
  ));
}

function block(one: Block): ReactNode {
  switch (one.kind) {
    case 'heading': {
      // Headings start below the dialog's title.
      const Heading = (['h3', 'h4', 'h5'] as const)[one.level - 1] ?? 'h5';
      return <Heading>{each(one.spans, span)}</Heading>;
    }
    case 'list': {
      const List = one.ordered ? 'ol' : 'ul';
      return (
        <List>
          {each(one.items, (spans) => (
            <li>{each(spans, span)}</li>
          ))}
        </List>
      );
    }
    case 'code':
      return <pre>{one.text}</pre>;
    case 'paragraph':
      return <p>{each(one.spans, span)}</p>;
  }
}

function span(one: Span): ReactNode {
  switch (one.kind) {
    case 'text':
      return one.text;
    case 'code':
      return <code>{one.text}</code>;
    case 'strong':
      return <strong>{one.text}</strong>;
    case 'link':
      return (
        <a href={one.url} target="_blank" rel="noreferrer">
          {one.text}
        </a>
      );
  }
}
