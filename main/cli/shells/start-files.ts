import path from 'node:path';
import { assertNever } from '../../model/assert-never.ts';
import type { ShellKind } from './shell-kind.ts';
import { literal, settingText, type Variables } from './shell-text.ts';

/** How to start an interactive shell that shows its cluster in the prompt. */
export interface ShellStart {
  readonly args: readonly string[];
  /** Besides the environment and the variables. */
  readonly env: Variables;
  /** Files to write into the terminal's folder, by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** What the prompt shows. Its text has none of the characters that prompts expand: see `contextNames`. */
export interface Segment {
  readonly context: string;
  readonly namespace: string | undefined;
  readonly production: boolean;
}

/**
 * Returns how a shell is started. The user's own start files run first, and the variables are set after them, because
 * they may set KUBECONFIG too. The segment stays in front of whatever prompt these files make.
 */
export function shellStart(options: {
  readonly shell: ShellKind;
  /** The terminal's folder, absolute. */
  readonly folder: string;
  readonly variables: Variables;
  readonly segment: Segment;
  readonly env: Variables;
}): ShellStart {
  const { shell, folder, variables, segment, env } = options;
  const text = segmentText(segment);
  const settings = settingText(variables, shell);
  switch (shell) {
    case 'bash':
      return {
        args: ['--rcfile', path.join(folder, 'bashrc'), '-i'],
        env: {},
        files: { bashrc: bashrc(text, segment.production, settings) },
      };
    case 'zsh':
      return {
        args: ['-i'],
        env: { ZDOTDIR: folder, K8S_TUNNELS_ZDOTDIR: env.ZDOTDIR },
        files: zshFiles(folder, text, segment.production, settings, env.ZDOTDIR),
      };
    case 'fish':
      return {
        args: ['--init-command', `source ${literal(path.join(folder, 'init.fish'), shell)}`],
        env: {},
        files: { 'init.fish': fishFile(text, segment.production, settings) },
      };
    case 'powershell':
      // A script file could be blocked by the execution policy. No double quote: Windows would change it.
      return {
        args: ['-NoLogo', '-NoExit', '-Command', powershellText(text, segment.production, settings)],
        env: {},
        files: {},
      };
    case 'nushell':
      return {
        args: ['--execute', `$env.PROMPT_INDICATOR = $"${nushellSegment(text, segment.production)}"`],
        env: {},
        files: {},
      };
    case 'posix':
      // ksh and dash take the prompt from the environment.
      return { args: ['-i'], env: { PS1: `${text} $ ` }, files: {} };
    default:
      return assertNever(shell);
  }
}

/** Says production as a word too, because not everybody sees the colour. */
function segmentText({ context, namespace, production }: Segment): string {
  const name = namespace === undefined ? context : `${context}:${namespace}`;
  return `(${name}${production ? ' production' : ''})`;
}

function bashrc(text: string, production: boolean, settings: string): string {
  const coloured = `\\[\\e[${production ? '1;31' : '36'}m\\]${text}\\[\\e[0m\\] `;
  return `${[
    '[ -r /etc/bash.bashrc ] && . /etc/bash.bashrc',
    '[ -r ~/.bashrc ] && . ~/.bashrc',
    settings,
    `__k8s_tunnels_segment=${literal(coloured, 'bash')}`,
    '__k8s_tunnels_prompt() {',
    '  local status=$?',
    '  case "$PS1" in "$__k8s_tunnels_segment"*) ;; *) PS1="$__k8s_tunnels_segment$PS1" ;; esac',
    '  return "$status"',
    '}',
    // Runs last, so that prompts which are rebuilt each time show the segment too.
    'case "$(declare -p PROMPT_COMMAND 2>/dev/null)" in',
    '  "declare -a"*) PROMPT_COMMAND+=(__k8s_tunnels_prompt) ;;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash expands it.
    '  *) PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND$\'\\n\'}__k8s_tunnels_prompt" ;;',
    'esac',
  ].join('\n')}\n`;
}

function zshFiles(
  folder: string,
  text: string,
  production: boolean,
  settings: string,
  own: string | undefined,
): Readonly<Record<string, string>> {
  const coloured = `%B%F{${production ? 'red' : 'cyan'}}${text}%f%b `;
  const ours = literal(folder, 'zsh');
  return {
    // The user's file may set ZDOTDIR: its value counts for the next one.
    '.zshenv': `${[
      // biome-ignore lint/suspicious/noTemplateCurlyInString: zsh expands it.
      'ZDOTDIR="${K8S_TUNNELS_ZDOTDIR:-$HOME}"',
      '[[ -r "$ZDOTDIR/.zshenv" ]] && . "$ZDOTDIR/.zshenv"',
      'K8S_TUNNELS_ZDOTDIR="$ZDOTDIR"',
      `ZDOTDIR=${ours}`,
    ].join('\n')}\n`,
    '.zshrc': `${[
      'ZDOTDIR="$K8S_TUNNELS_ZDOTDIR"',
      // /etc/zshrc of macOS puts the history into ZDOTDIR.
      `[[ "$HISTFILE" == ${ours}/* ]] && HISTFILE="$ZDOTDIR/.zsh_history"`,
      '[[ -r "$ZDOTDIR/.zshrc" ]] && . "$ZDOTDIR/.zshrc"',
      'unset K8S_TUNNELS_ZDOTDIR',
      ...(own === undefined ? ['[[ "$ZDOTDIR" == "$HOME" ]] && unset ZDOTDIR'] : []),
      settings,
      `__k8s_tunnels_segment=${literal(coloured, 'zsh')}`,
      '__k8s_tunnels_prompt() {',
      '  [[ "$PROMPT" == "$__k8s_tunnels_segment"* ]] || PROMPT="$__k8s_tunnels_segment$PROMPT"',
      '}',
      'precmd_functions+=(__k8s_tunnels_prompt)',
    ].join('\n')}\n`,
  };
}

function fishFile(text: string, production: boolean, settings: string): string {
  return `${[
    settings,
    'functions --query fish_prompt; and functions --copy fish_prompt __k8s_tunnels_prompt',
    'function __k8s_tunnels_status; return $argv[1]; end',
    'function fish_prompt',
    '    set --local last $status',
    `    set_color ${production ? '--bold red' : 'cyan'}`,
    `    echo -n ${literal(`${text} `, 'fish')}`,
    '    set_color normal',
    '    __k8s_tunnels_status $last',
    '    functions --query __k8s_tunnels_prompt; and __k8s_tunnels_prompt',
    'end',
  ].join('\n')}\n`;
}

function powershellText(text: string, production: boolean, settings: string): string {
  return [
    ...settings.split('\n'),
    '$global:K8sTunnelsPrompt = $function:prompt',
    `function global:prompt { Write-Host -NoNewline -ForegroundColor ${production ? 'Red' : 'Cyan'} ${literal(`${text} `, 'powershell')}; & $global:K8sTunnelsPrompt }`,
  ].join('; ');
}

/** Round brackets would begin an expression. */
function nushellSegment(text: string, production: boolean): string {
  const plain = text.replace('(', '[').replace(')', ']');
  return `(ansi ${production ? 'red_bold' : 'cyan'})${plain}(ansi reset)> `;
}
