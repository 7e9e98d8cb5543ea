import { guarded, paint } from './terminal.ts';

/** What a person sees while a command works. All of it goes to stderr. */
export interface Progress {
  /** What is being done now; replaces what was said before. After an end it begins anew. */
  update(text: string): void;
  /** A line that stays, for what a person must act on. */
  note(line: string): void;
  end(): void;
}

/** Quicker than this needs no progress. */
const patienceMs = 300;
const frameMs = 80;
const lineEveryMs = 1_000;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const clearLine = '\r\u001b[2K';

/** A spinner in a terminal; elsewhere a plain line a second at most, where something changed. */
export function startProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const spins = stream.isTTY === true;
  let text = '';
  let written = '';
  let frame = 0;
  const draw = () => {
    if (text === '') return;
    if (spins) {
      const room = Math.max(20, (stream.columns ?? 80) - 3);
      const line = [...text].slice(0, room).join('');
      stream.write(`${clearLine}${paint('cyan', frames[frame++ % frames.length] ?? '', stream)} ${line}`);
      written = line;
    } else if (text !== written) {
      stream.write(`${text}\n`);
      written = text;
    }
  };
  let interval: NodeJS.Timeout | undefined;
  let patience: NodeJS.Timeout | undefined;
  const start = () => {
    draw();
    interval = setInterval(draw, spins ? frameMs : lineEveryMs);
  };
  const clear = () => {
    if (spins && written !== '') stream.write(clearLine);
    if (spins) written = '';
  };
  return {
    update(next) {
      text = guarded(next);
      patience ??= setTimeout(start, patienceMs);
    },
    note(line) {
      clear();
      stream.write(`${guarded(line)}\n`);
    },
    end() {
      clearTimeout(patience);
      clearInterval(interval);
      patience = undefined;
      clear();
      text = '';
    },
  };
}
