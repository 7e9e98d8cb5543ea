export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** One token of YAML, at offsets of the text. */
export interface Token {
  readonly type:
    | 'stream-end'
    | 'version'
    | 'tag-directive'
    | 'document-start'
    | 'document-end'
    | 'block-seq-start'
    | 'block-map-start'
    | 'block-end'
    | 'flow-seq-start'
    | 'flow-seq-end'
    | 'flow-map-start'
    | 'flow-map-end'
    | 'block-entry'
    | 'flow-entry'
    | 'key'
    | 'value'
    | 'alias'
    | 'anchor'
    | 'tag'
    | 'scalar';
  readonly start: number;
  readonly end: number;
  /** The text of a scalar, the name of an anchor or alias, the handle of a tag, the number of a version. */
  readonly value: string;
  /** The rest of a tag, or the prefix of a tag directive. */
  readonly suffix: string;
  readonly style: ScalarStyle;
}

export function token(
  type: Token['type'],
  start: number,
  end: number,
  value = '',
  rest: { readonly suffix?: string; readonly style?: ScalarStyle } = {},
): Token {
  return { type, start, end, value, suffix: rest.suffix ?? '', style: rest.style ?? 'plain' };
}

/** A text that is not YAML. The message quotes nothing of the text, which may contain secrets. */
export class YamlFault extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}
