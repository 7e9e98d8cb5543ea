type Labels = Readonly<Record<string, string>>;

/** A value of a family, with labels that tell it from the others. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/**
 * Returns the lines of a family of metrics. The name of a counter has no `_total`, and that of an `info` no `_info`.
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function family(
  name: string,
  {
    type,
    help,
    unit,
  }: { readonly type: 'counter' | 'gauge' | 'info'; readonly help: string; readonly unit?: string },
  samples: readonly Sample[],
): readonly string[] {
  const ending = { counter: '_total', gauge: '', info: '_info' }[type];
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
    ...samples.map(({ labels, value }) => `${name}${ending}${labelsText(labels)} ${value}`),
  ];
}

/** Returns the text of families, each with a name of its own. */
export function openMetrics(families: readonly (readonly string[])[]): string {
  return [...families.flat(), '# EOF', ''].join('\n');
}

function labelsText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
}
