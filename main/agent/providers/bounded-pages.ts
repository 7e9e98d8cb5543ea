import { AppError } from '../../model/app-error.ts';

/**
 * A page has about 100 accounts, clusters or projects: no organisation has so many pages. The limit for items that
 * arrive one by one is separate.
 */
const mostPages = 1_000;
const mostItems = 100_000;

/**
 * Yields the pages of a list. Rejects with `answer-refused` after too many: a faulty server could name a next page
 * forever.
 */
export async function* boundedPages<T>(
  pages: AsyncIterable<T>,
  list: string,
  most = mostPages,
): AsyncGenerator<T> {
  let count = 0;
  for await (const page of pages) {
    count += 1;
    if (count > most) {
      throw new AppError('answer-refused', `${list} has more than ${most} pages.`, {
        hint: 'Check the address: something else may answer there.',
      });
    }
    yield page;
  }
}

/** The same for a list whose pages the SDK joins. */
export function boundedItems<T>(items: AsyncIterable<T>, list: string): AsyncGenerator<T> {
  return boundedPages(items, list, mostItems);
}
