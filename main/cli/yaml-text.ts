/**
 * Returns plain data as YAML in block form. Strings are quoted as in JSON wherever YAML could read something else, so
 * every YAML parser reads the same data.
 */
export function yamlText(value: unknown): string {
  return `${lines(value).join('\n')}\n`;
}

function lines(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return ['[]'];
    return value.flatMap((item) => {
      const [first = '', ...rest] = lines(item);
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  if (typeof value !== 'object' || value === null) return [scalar(value)];
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.length === 0) return ['{}'];
  return entries.flatMap(([key, inner]) => {
    const [first = '', ...rest] = lines(inner);
    const isBlock =
      typeof inner === 'object' &&
      inner !== null &&
      (Array.isArray(inner) ? inner : Object.keys(inner)).length > 0;
    return isBlock
      ? [`${scalar(key)}:`, ...[first, ...rest].map((line) => (Array.isArray(inner) ? line : `  ${line}`))]
      : [`${scalar(key)}: ${first}`];
  });
}

/** Plain only where no version of YAML sees a number, a boolean, a date or a mark in it. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  const isPlain =
    /^[A-Za-z_][\w./-]*$/.test(value) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
