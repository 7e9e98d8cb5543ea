const { NODE_COMPILE_CACHE } = process.env;

/** For the environment of Node programs that inherit none: the code that a test run has compiled before. */
export const compileCache: Readonly<Record<string, string>> =
  NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
