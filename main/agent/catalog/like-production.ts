import { editsBetween } from '../../model/nearest.ts';

/** What people write for production, besides `prod`, `production` and what an organisation calls it. */
const productionWords: ReadonlySet<string> = new Set([
  ...['prods', 'prd', 'prdn', 'productive', 'produktion', 'produktiv'],
  ...['produccion', 'producción', 'produção', 'produzione', 'productie', 'live'],
]);
const denials = new Set(['non', 'not', 'no', 'pre']);

/**
 * Returns true for a value of the environment tag that probably means production: it has a word for it, or one that
 * differs from such a word, or from a production value, by a slip of the keyboard. The value is none of `values`.
 */
export function isLikeProduction(environment: string, values: readonly string[]): boolean {
  const words = wordsOf(environment);
  if (words.some((word) => denials.has(word))) return false;
  const own = ['prod', 'production', ...values.flatMap(wordsOf)];
  return words.some(
    (word) => productionWords.has(word) || own.some((one) => word === one || isSlip(word, one)),
  );
}

/** Returns the production value that a value of the environment tag most probably means. */
export function productionValueFor(environment: string, values: readonly string[]): string {
  if (values.includes('production')) return 'production';
  const words = wordsOf(environment);
  const isNear = (value: string) =>
    words.some((word) => wordsOf(value).some((one) => word === one || isSlip(word, one)));
  return values.find(isNear) ?? values[0] ?? 'production';
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** One letter too many, missing, changed or in the wrong place; of a short word only one too many: `pre` is not `prd`. */
function isSlip(word: string, known: string): boolean {
  if (known.length < 3) return false;
  const edits = editsBetween(word, known);
  if (known.length === 3) return edits === 1 && word.length > 3;
  return edits <= (known.length > 9 ? 2 : 1) || sorted(word) === sorted(known);
}

function sorted(word: string): string {
  return [...word].sort().join('');
}
