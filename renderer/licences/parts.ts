/** The content of `licences.json`. `text` is an index into `texts`: many parts share one. */
export interface Licences {
  readonly parts: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string;
    readonly text: number;
  }[];
  readonly texts: readonly string[];
}
