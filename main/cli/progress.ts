import { guarded, paint } from './terminal.ts';

/** Shows on stderr what a command is doing. */
export interface Progress {
  /** Replaces the current text. Restarts the progress after `end`. */
  update(text: string): void;
  /** Prints a line that stays, for something the user must act on. */
  note(line: string): void;
  end(): void;
}

/** Shows nothing for commands that finish faster than this. */
const patienceMs = 300;
const frameMs = 80;
const lineEveryMs = 1_000;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const clearLine = '\r\u001b[2K';

/** Starts a spinner in a terminal. Elsewhere prints changed text as plain lines, at most one a second. */
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
