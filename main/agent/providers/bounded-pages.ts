import { AppError } from '../../model/app-error.ts';

/** A page has about 100 accounts, clusters or projects: no organisation has so many pages. */
const mostPages = 1_000;

/**
 * Yields the pages of a list, and rejects with `answer-refused`, which names the list, where a faulty server would never
 * end it: if a page names a next page that was named before, or after too many pages.
 */
export async function* boundedPages<T>(
  pages: AsyncIterable<T>,
  options: {
    /** What is listed and by which API, at the beginning of a sentence. */
    readonly list: string;
    /** Returns what a page says about the next one; undefined, null or empty for the last. */
    readonly next: (page: T) => string | null | undefined;
  },
): AsyncGenerator<T> {
  const { list, next } = options;
  const named = new Set<string>();
  let count = 0;
  for await (const page of pages) {
    count += 1;
    if (count > mostPages) throw endless(`${list} has more than ${mostPages} pages.`);
    yield page;
    const token = next(page) ?? '';
    if (token === '') continue;
    if (named.has(token)) throw endless(`${list} does not end: page ${count} names a next page again.`);
    named.add(token);
  }
}

function endless(message: string): AppError {
  return new AppError('answer-refused', message, {
    hint: 'Try again. If it remains, something else may answer at this address: check your proxy, and variables or settings that name an endpoint.',
    retryable: true,
  });
}

/** Yields the items of a list of the Azure SDK, bounded like `boundedPages`: only its pages show what comes next. */
export async function* boundedItems<T>(
  items: { byPage(): AsyncIterable<readonly T[] & { readonly continuationToken?: string }> },
  list: string,
): AsyncGenerator<T> {
  for await (const page of boundedPages(items.byPage(), { list, next: (one) => one.continuationToken }))
    yield* page;
}
