export interface SetupFlags {
  readonly key?: string;
  readonly yes?: true;
  readonly replace?: true;
  readonly show?: true;
  readonly refresh?: true;
  readonly review?: true;
  readonly remove?: true;
  readonly check?: true;
  readonly offline?: true;
  readonly sign?: true;
  readonly keyFile?: readonly string[];
  readonly newKey?: string;
}
