import { type Part, parsePattern } from './pattern-source.ts';

/** A text that is `before`, then `pump` over and over, then `after`. */
export interface Attack {
  readonly before: string;
  readonly pump: string;
  readonly after: string;
}

const letters = [...'aA0z9 -_./\\"\'=+:@<>[](){}#~%&;,*`!?$^|\n\té\u200b'];
const variants = 5;
/** No pattern has all of them, and most patterns fail at one. */
const afters = ['', '\u0000', '\n'];

/** Texts at which a pattern would work hardest: each repetition fed for long, and each beginning given again and again. */
export function attacksOn(source: string, flags: string): readonly Attack[] {
  const fits = new Map<string, readonly string[]>();
  const lettersOf = (letter: string): readonly string[] => {
    const known = fits.get(letter);
    if (known !== undefined) return known;
    const pattern = new RegExp(`^(?:${letter})$`, flags.replace(/[gym]/g, ''));
    const found = letters.filter((one) => pattern.test(one));
    const all = found.length > 0 ? found : [letter.replace(/^\\/, '')];
    fits.set(letter, all);
    return all;
  };
  /** A text that the part accepts; another variant is another text where there are several. */
  const sample = (part: Part, variant: number): string => {
    switch (part.kind) {
      case 'letter': {
        const all = lettersOf(part.source);
        return all[variant % all.length] ?? '';
      }
      case 'choice':
        return sampleOf(part.ways[variant % part.ways.length] ?? [], variant);
      case 'repeat':
        return sample(part.part, variant).repeat(
          Math.min(part.most, Math.max(part.least, variant % 2, part.least > 0 ? 1 : 0)),
        );
      case 'back':
        return '"';
      default:
        return '';
    }
  };
  const sampleOf = (parts: readonly Part[], variant: number): string =>
    parts.map((part) => sample(part, variant)).join('');

  const attacks = new Map<string, Attack>();
  const add = (attack: Attack) => {
    if (attack.pump !== '') attacks.set(JSON.stringify(attack), attack);
  };
  const begin = (before: string, pump: string) => {
    for (const after of afters) add({ before, pump, after });
    add({ before: `x${before}`, pump, after: 'x' });
    // Many places at which it may begin.
    add({ before: '', pump: `${before}${pump}`, after: '' });
    add({ before: '', pump: ` ${before}${pump}`, after: '' });
    add({ before, pump: `${pump}${before}`, after: '' });
  };
  const walk = (ways: readonly (readonly Part[])[], before: string, variant: number) => {
    for (const parts of ways) {
      let sofar = before;
      for (const [index, part] of parts.entries()) {
        if (part.kind === 'repeat' && part.most > 8)
          begin(sofar + sample(part, variant), sampleOf(parts.slice(index + 1, index + 3), variant));
        if (part.kind === 'repeat') {
          if (part.most > 8) for (const pump of pumpsOf(part.part, variant)) begin(sofar, pump);
          walkInto(part.part, sofar, variant);
        } else walkInto(part, sofar, variant);
        sofar += sample(part, variant);
      }
      begin(sofar, sofar.at(-1) ?? '');
      add({ before: '', pump: sofar, after: '\u0000' });
      // Everything but the last letter, over and over.
      add({ before: '', pump: sofar.slice(0, -1), after: '' });
    }
  };
  const walkInto = (part: Part, before: string, variant: number) => {
    if (part.kind === 'choice' || part.kind === 'look') walk(part.ways, before, variant);
  };
  const pumpsOf = (part: Part, variant: number): readonly string[] =>
    part.kind === 'letter'
      ? lettersOf(part.source).filter((_, index) => index % variants === variant)
      : [sample(part, variant), sample(part, variant + 1)];
  const parsed = parsePattern(source);
  for (let variant = 0; variant < variants; variant += 1) walk(parsed, '', variant);
  return [...attacks.values()];
}

export function attackText({ before, pump, after }: Attack, length: number): string {
  return `${before}${pump.repeat(Math.ceil(length / pump.length))}`.slice(0, length) + after;
}
