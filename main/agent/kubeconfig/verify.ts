import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../model/app-error.ts';
import { currentContext, type KubeconfigDocument, type ListName, listNames, stanzas } from './document.ts';

/**
 * Asserts that a splice changed what it was meant to and nothing else: the re-parsed result must equal the values
 * before, with each list as expected and current-context as expected. A JSON file must still be JSON.
 * Rejects with `kubeconfig-unsupported`; the caller has then written nothing.
 */
export function verify(options: {
  readonly before: KubeconfigDocument;
  readonly after: KubeconfigDocument;
  readonly lists: Readonly<Record<ListName, readonly unknown[]>>;
  readonly current: string | undefined;
}): void {
  const { before, after, lists, current } = options;
  // A file that had nothing in it gets the two keys that make it a kubeconfig.
  const made =
    before.root === undefined && after.root !== undefined ? { apiVersion: 'v1', kind: 'Config' } : {};
  const expected = { ...made, ...others(before), ...lists, 'current-context': current };
  const actual = {
    ...others(after),
    ...Object.fromEntries(listNames.map((list) => [list, stanzas(after, list)])),
    'current-context': currentContext(after),
  };
  if (isDeepStrictEqual(expected, actual) && (!isJson(before.text) || isJson(after.text))) return;
  throw new AppError(
    'kubeconfig-unsupported',
    `${before.file} is written in a form that cannot be edited without changing other parts of it.`,
    {
      hint: 'Nothing was written. Rewrite the file with "kubectl config view --raw", or use another file through KUBECONFIG.',
    },
  );
}

/** All that we never touch. */
function others(document: KubeconfigDocument): Readonly<Record<string, unknown>> {
  const own: readonly string[] = [...listNames, 'current-context'];
  return Object.fromEntries(Object.entries(document.value).filter(([key]) => !own.includes(key)));
}

function isJson(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
