/** A tag comes from the account, not from the person: only a web address becomes a link. */
export function DocsLink({ docs }: { readonly docs: string }) {
  if (!/^https:\/\//i.test(docs) || !URL.canParse(docs)) return <>{docs}</>;
  return (
    <a href={docs} target="_blank" rel="noreferrer">
      {docs}
    </a>
  );
}
