/** A form as a page holds it, with the values its fields start with. */
export interface Form {
  readonly method: string;
  readonly action: string;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly value: string }[];
}

/** The first form of a page, or undefined. */
export function findForm(html: string): Form | undefined {
  const [, opening, inside] = /<form\b([^>]*)>(.*?)<\/form>/is.exec(html) ?? [];
  if (opening === undefined || inside === undefined) return undefined;
  const form = attributes(opening);
  return {
    method: (form.method ?? 'get').toUpperCase(),
    action: form.action ?? '',
    fields: [...inside.matchAll(/<input\b([^>]*)>/gi)]
      .map(([, text = '']) => attributes(text))
      .filter(({ name }) => name !== undefined)
      .map(({ name = '', type = 'text', value = '' }) => ({ name, type, value })),
  };
}

/** The text of the first heading: what a person would read out. */
export function heading(html: string): string {
  return unescapeHtml(/<h1\b[^>]*>(.*?)<\/h1>/is.exec(html)?.[1] ?? '');
}

function attributes(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)(?:\s*=\s*"([^"]*)")?/g)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      unescapeHtml(value),
    ]),
  );
}

export function unescapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&([\w#]+);/g, (whole, name: string) => entities[name] ?? whole);
}
