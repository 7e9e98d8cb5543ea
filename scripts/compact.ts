import type { Plugin } from 'vite';

/**
 * How the scripts of an agent are written: without comments and blanks, which would stay in its memory as long as it runs.
 * Names stay, for the traces in its log.
 */
export const compactOutput = {
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true, legalComments: 'none' } },
} as const;

/**
 * Writes scripts in ASCII: V8 keeps the text of a script with a single other character in two bytes for each of its
 * millions.
 */
export function asciiOnly(): Plugin {
  return {
    name: 'ascii-only',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const part of Object.values(bundle)) if (part.type === 'chunk') part.code = ascii(part.code);
    },
  };
}

/** Replaces what is not ASCII by escapes, which mean the same in texts, names and regular expressions. */
export function ascii(code: string): string {
  // A backslash before such a character escapes nothing.
  return code.replace(/(\\*)([^\0-\x7f])/g, (_, slashes: string, character: string) => {
    const kept = slashes.slice(slashes.length % 2);
    return `${kept}\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
