import { AppError } from '../../model/app-error.ts';

/** 100 accounts, clusters or projects a page: no organisation has so many. Of what comes one by one it is the number. */
const mostPages = 1_000;
const mostItems = 100_000;

/** The pages of a list as they come. Rejects with `answer-refused` where there is no end of them: each could name a next one. */
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

/** The same for a list whose pages the SDK puts together. */
export function boundedItems<T>(items: AsyncIterable<T>, list: string): AsyncGenerator<T> {
  return boundedPages(items, list, mostItems);
}
