/** Tags are not under the user's control: only https addresses become links. */
export function DocsLink({ docs }: { readonly docs: string }) {
  if (!/^https:\/\//i.test(docs) || !URL.canParse(docs)) return <>{docs}</>;
  return (
    <a href={docs} target="_blank" rel="noreferrer">
      {docs}
    </a>
  );
}
