/** What `licences.json` tells of each part of the app, `text` being an index of `texts`: many have the same. */
export interface Licences {
  readonly parts: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string;
    readonly text: number;
  }[];
  readonly texts: readonly string[];
}
