import { AppError } from '../../model/app-error.ts';
import { type ApiReader, expired, strange } from './api-reader.ts';
import { listSchema } from './kube-objects.ts';

/** Items of a page. Those of a page are in memory at once, as the server wrote them. */
const itemsPerPage = 100;
const pagesAtMost = 100;

/**
 * Resolves with what `read` makes of each object of a list, page by page: no object is held longer than its page. Rejects as
 * `ApiReader.get` does, and with `answer-refused` for what is not a list of such objects, or is longer than any list that
 * can be compared.
 */
export async function readList<T>(
  reader: Pick<ApiReader, 'get'>,
  how: {
    readonly path: string;
    /** Throws for what is not such an object. */
    readonly read: (object: unknown) => T;
    readonly server: string;
    readonly signal: AbortSignal;
  },
): Promise<readonly T[]> {
  const { path, read, server, signal } = how;
  let items: T[] = [];
  let from: string | undefined;
  let isRepeated = false;
  for (let pages = 0; pages < pagesAtMost; pages += 1) {
    const query = new URLSearchParams({
      limit: String(itemsPerPage),
      ...(from === undefined ? {} : { continue: from }),
    });
    const page = await reader.get(`${path}?${query}`, signal);
    if (page === expired) {
      // The list has changed for longer than the server remembers: begin again, once.
      if (isRepeated || from === undefined) throw strange(server);
      isRepeated = true;
      items = [];
      from = undefined;
      continue;
    }
    try {
      const list = listSchema.parse(page);
      for (const item of list.items) items.push(read(item));
      from = list.metadata?.continue ?? '';
    } catch (cause) {
      throw cause instanceof AppError ? cause : strange(server, cause);
    }
    if (from === '') return items;
    if (items.length > itemsPerPage * pagesAtMost) break;
  }
  throw new AppError(
    'answer-refused',
    `${server} has more than ${(itemsPerPage * pagesAtMost).toLocaleString('en')} of them: too many to compare.`,
  );
}
