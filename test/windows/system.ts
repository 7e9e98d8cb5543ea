/** A system on which the product is driven, with paths as its programs write them. */
export interface System {
  readonly name: string;
  /** The Node that runs the driver and the product. */
  readonly node: string;
  readonly kubectl: string | undefined;
  /** The built command line. */
  readonly cli: string;
  /** A folder for the homes of the tests' users. */
  readonly homes: string;
  /** Returns a path of this computer as the system's programs write it. */
  pathOf(file: string): string;
  /** Runs a script in the system's Node and prints what it prints. Resolves with its exit code. */
  run(script: string, args: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** Everything that the driver is told, as JSON. All paths are those of the system. */
export interface DriverSettings {
  readonly node: string;
  readonly kubectl: string | undefined;
  readonly cli: string;
  readonly homes: string;
  /** The home of the world's user, which each test's home is copied from. */
  readonly worldHome: string;
  /** The variables with which a client works in the world, without those of a home. */
  readonly env: Readonly<Record<string, string>>;
  /** The names of those that lie in the world's home: paths relative to it. */
  readonly inHome: Readonly<Record<string, string>>;
  /** The value of BROWSER. */
  readonly browser: string;
}
