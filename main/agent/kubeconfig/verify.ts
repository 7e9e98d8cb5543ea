import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../model/app-error.ts';
import { currentContext, type KubeconfigDocument, type ListName, listNames, stanzas } from './document.ts';

/**
 * Verifies that a splice changed only what it was meant to: the re-parsed result must equal the previous values, with
 * each list and current-context as expected. A JSON file must still be JSON.
 * Throws `kubeconfig-unsupported`. The caller has then written nothing.
 */
export function verify(options: {
  readonly before: KubeconfigDocument;
  readonly after: KubeconfigDocument;
  readonly lists: Readonly<Record<ListName, readonly unknown[]>>;
  readonly current: string | undefined;
}): void {
  const { before, after, lists, current } = options;
  // A file without content gets the two keys that make it a kubeconfig.
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

/** Returns everything that we never change. */
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
