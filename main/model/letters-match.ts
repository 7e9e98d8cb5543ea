/** Shorter words match too many names by their letters. */
const letterCount = 3;

/** Returns whether a character of a name is a letter or a digit. ASCII needs no regular expression, which is slow. */
export function isOfWord(name: string, at: number): boolean {
  const code = name.charCodeAt(at);
  if (code < 128) return isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return /[\p{L}\p{N}]/u.test(name.charAt(at));
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Returns whether a word starts at this character of a name: digits after letters start words of their own. */
function startsAt(name: string, at: number): boolean {
  if (at === 0 || !isOfWord(name, at - 1)) return true;
  return isDigit(name.charCodeAt(at)) && !isDigit(name.charCodeAt(at - 1));
}

/**
 * Returns whether the letters of `word` occur in `name` in their order: the first one starts a word of the name, and each
 * other one is in the same word as the one before it, or starts a later word. So `paystg` matches payments-staging, and
 * `ments` alone matches by no letters. Both in lower case. Takes time in proportion to the product of the lengths.
 */
export function lettersMatch(name: string, word: string): boolean {
  if (word.length < letterCount || word.length > name.length || !inOrder(name, word)) return false;
  const starts = Array.from({ length: name.length }, (_, at) => startsAt(name, at));
  /** Whether the letters so far can end at this character. */
  let ends: readonly boolean[] = starts.map((isStart, at) => isStart && name[at] === word[0]);
  for (let letter = 1; letter < word.length; letter += 1) {
    let before = false;
    let sameWord = false;
    ends = ends.map((isEnd, at) => {
      if (starts[at]) sameWord = false;
      const fits = name[at] === word[letter] && (sameWord || (before && starts[at] === true));
      before ||= isEnd;
      sameWord ||= isEnd;
      return fits;
    });
  }
  return ends.includes(true);
}

/** Returns whether the letters of `word` occur in `name` in their order, wherever. Rejects most names quickly. */
function inOrder(name: string, word: string): boolean {
  let at = 0;
  for (let letter = 0; letter < word.length; letter += 1) {
    at = name.indexOf(word.charAt(letter), at) + 1;
    if (at === 0) return false;
  }
  return true;
}
