/** Renders our own text with its web addresses as links. */
export function LinkedText({ children }: { readonly children: string }) {
  return children.split(/(https:\/\/[^\s"<>]+)/).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <a key={part} href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ),
  );
}
