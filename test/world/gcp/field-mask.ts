/**
 * The part of an answer that a field mask names (the `X-Goog-FieldMask` header, or `fields` in the query): paths with
 * commas between them, through lists as through single messages. Everything where there is no mask.
 */
export function applyFieldMask(body: object, mask: string | undefined): object {
  if (mask === undefined || mask === '' || mask === '*') return body;
  return prune(
    body,
    mask.split(',').map((path) => path.trim().split(/[./]/)),
  ) as object;
}

function prune(value: unknown, paths: readonly (readonly string[])[]): unknown {
  // A path that ends here takes all that is below.
  if (paths.some((path) => path.length === 0)) return value;
  if (Array.isArray(value)) return value.map((one) => prune(one, paths));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const below = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
      return below.length === 0 ? [] : [[key, prune(inner, below)]];
    }),
  );
}
