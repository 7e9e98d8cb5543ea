import type { Argument, Command } from 'commander';
import { AppError } from '../../model/app-error.ts';
import { listed } from '../../model/wording.ts';
import { type AfterOperand, actionWords } from './actions.ts';

/** The shells that commands can be completed in. */
const completionShells = ['bash', 'zsh', 'fish', 'powershell'] as const;
type CompletionShell = (typeof completionShells)[number];

/** What a word of a command completes to: names that `printNames` prints, or these words. */
type Values =
  | { readonly names: 'cluster' | 'context' | 'set' | 'setting' }
  | { readonly words: readonly string[] };

interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flags: readonly string[]; readonly values: Values | undefined }[];
  readonly values: Values | undefined;
  readonly after: readonly AfterOperand[];
}

const providers = ['access', 'aws', 'gcp', 'azure', 'vault', 'oidc'];

/** Returns the script that makes a shell complete the program's commands. Throws `bad-input` for another shell. */
export function completionScript(program: Command, wanted: string): string {
  const shell = completionShells.find((one) => one === wanted);
  if (shell === undefined)
    throw new AppError('bad-input', `"${wanted}" is not a shell that can complete commands.`, {
      hint: `The shells are ${listed(completionShells)}.`,
    });
  const commands = program.commands.map(completed);
  return scripts[shell](commands);
}

function completed(command: Command): Completed {
  const name = command.name();
  return {
    name,
    summary: command.summary(),
    options: [...command.options, { short: '-h', long: '--help', required: false }].map((option) => ({
      flags: [option.short, option.long].flatMap((flag) => flag ?? []),
      values: option.required ? optionValues(name, option.long ?? '') : undefined,
    })),
    values: argumentValues(name, command.registeredArguments[0]),
    after: actionWords[name] ?? [],
  };
}

function optionValues(command: string, flag: string): Values | undefined {
  if (flag === '--set' && command !== 'tags') return { names: 'set' };
  if (flag === '--allow') return { names: 'cluster' };
  if (flag === '--source') return { words: ['eks', 'gke', 'aks', 'vault', 'file'] };
  if (flag === '--output' && command === 'compare') return { words: ['markdown'] };
  if (flag === '--output')
    return { words: command === 'contexts' ? ['name'] : ['wide', 'name', 'json', 'yaml'] };
  if (flag === '--shell' && command === 'env')
    return { words: ['bash', 'zsh', 'fish', 'powershell', 'nushell', 'posix'] };
  return undefined;
}

function argumentValues(command: string, argument: Argument | undefined): Values | undefined {
  switch (argument?.name()) {
    case 'cluster':
    case 'clusters':
    case 'action':
      return { names: command === 'switch' ? 'context' : 'cluster' };
    case 'words':
      return { names: 'cluster' };
    case 'key':
      return { names: 'setting' };
    case 'provider':
      return { words: providers };
    // A cluster may stand here too, before --for.
    case 'what':
      return { words: ['history', 'diff', 'undo'] };
    case 'shell':
      return { words: completionShells };
    default:
      return undefined;
  }
}

const scripts: Readonly<Record<CompletionShell, (commands: readonly Completed[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

/** Returns the command that prints the values, in the shells that read POSIX words. */
function valuesIn(values: Values): string {
  return 'names' in values
    ? `command "$program" __names ${values.names} "$word" 2>/dev/null`
    : `printf '%s\\n' ${values.words.join(' ')}`;
}

/** A `case` that prints what completes the word: after an option with a value, an option, or an operand. */
function posixCases(commands: readonly Completed[]): string {
  return commands
    .map(({ name, options, values, after }) => {
      const flags = options.flatMap((option) => option.flags);
      const withValues = options.filter((option) => option.values !== undefined);
      return [
        `    ${name})`,
        '      case "$previous" in',
        ...withValues.map(
          (option) =>
            `        ${option.flags.join('|')}) ${valuesIn(option.values ?? { words: [] })}; return ;;`,
        ),
        ...after.map((one) => `        ${one.words.join('|')}) ${valuesIn(one.values)}; return ;;`),
        '      esac',
        '      case "$word" in',
        `        -*) printf '%s\\n' ${flags.join(' ')} ;;`,
        `        *) ${values === undefined ? ':' : valuesIn(values)} ;;`,
        '      esac',
        '      ;;',
      ].join('\n');
    })
    .join('\n');
}

function posixFunction(commands: readonly Completed[]): string {
  return `_k8s_tunnels_words() {
  local program=$1 command=$2 previous=$3 word=$4
  case "$command" in
    '') printf '%s\\n' ${commands.map(({ name }) => name).join(' ')} ;;
${posixCases(commands)}
  esac
}`;
}

/** The word is read from the line: bash splits it at colons, which names have. */
function bashScript(commands: readonly Completed[]): string {
  return `# Completion of k8s-tunnels for bash. In ~/.bashrc: source <(k8s-tunnels completion bash)
${posixFunction(commands)}
_k8s_tunnels() {
  local line=\${COMP_LINE:0:COMP_POINT} words word previous command= candidate
  read -r -a words <<< "$line"
  word=\${line##*[[:space:]]}
  [[ -n $word ]] && unset "words[\${#words[@]}-1]"
  previous=\${words[\${#words[@]}-1]}
  [[ \${#words[@]} -gt 1 ]] && command=\${words[1]}
  COMPREPLY=()
  while IFS= read -r candidate; do
    [[ $candidate == "$word"* ]] || continue
    printf -v candidate '%q' "$candidate"
    COMPREPLY+=("\${candidate#"\${word%"$2"}"}")
  done < <(_k8s_tunnels_words "$1" "$command" "$previous" "$word")
}
complete -F _k8s_tunnels k8s-tunnels
`;
}

function zshScript(commands: readonly Completed[]): string {
  return `#compdef k8s-tunnels
# Completion of k8s-tunnels for zsh. In ~/.zshrc, after compinit: source <(k8s-tunnels completion zsh)
${posixFunction(commands)}
_k8s_tunnels() {
  local program=$words[1] command= previous=$words[CURRENT-1] word=$PREFIX
  (( CURRENT > 2 )) && command=$words[2]
  local -a candidates
  candidates=("\${(@f)$(_k8s_tunnels_words "$program" "$command" "$previous" "$word")}")
  compadd -- $candidates
}
if [[ $funcstack[1] == _k8s_tunnels ]]; then _k8s_tunnels "$@"; else compdef _k8s_tunnels k8s-tunnels; fi
`;
}

function fishScript(commands: readonly Completed[]): string {
  const program = 'k8s-tunnels';
  const quoted = (text: string) => `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
  const valuesOf = (values: Values) =>
    'names' in values
      ? `'(k8s-tunnels __names ${values.names} 2>/dev/null)'`
      : quoted(values.words.join(' '));
  const lines = commands.flatMap(({ name, summary, options, values, after }) => {
    const follows = (one: AfterOperand) => `__fish_prev_arg_in ${one.words.join(' ')}`;
    const insideAnd = (more: readonly string[]) =>
      `-n '${[`__fish_seen_subcommand_from ${name}`, ...more].join('; and ')}'`;
    const inside = insideAnd([]);
    return [
      `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...(values === undefined
        ? []
        : [
            `complete -c ${program} ${insideAnd(after.map((one) => `not ${follows(one)}`))} -a ${valuesOf(values)}`,
          ]),
      ...after.map((one) => `complete -c ${program} ${insideAnd([follows(one)])} -a ${valuesOf(one.values)}`),
      ...options.map((option) => {
        const flags = option.flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const then = option.values === undefined ? '' : ` -x -a ${valuesOf(option.values)}`;
        return `complete -c ${program} ${inside} ${flags.join(' ')}${then}`;
      }),
    ];
  });
  return [
    '# Completion of k8s-tunnels for fish: k8s-tunnels completion fish > ~/.config/fish/completions/k8s-tunnels.fish',
    `complete -c ${program} -f`,
    ...lines,
    '',
  ].join('\n');
}

function powershellScript(commands: readonly Completed[]): string {
  const list = (words: readonly string[]) => `@(${words.map((word) => `'${word}'`).join(', ')})`;
  const valuesOf = (values: Values | undefined) => {
    if (values === undefined) return '@()';
    return 'names' in values ? `@(& $program __names ${values.names} $word)` : list(values.words);
  };
  const cases = commands.map(({ name, options, values, after }) => {
    const flags = options.flatMap((option) => option.flags);
    const known = [
      ...options.map((option) => ({ words: option.flags, values: option.values })),
      ...after,
    ].flatMap((one) =>
      one.values === undefined
        ? []
        : one.words.map((word) => `if ($previous -eq '${word}') { return ${valuesOf(one.values)} }; `),
    );
    return `    '${name}' { ${known.join('')}if ($word.StartsWith('-')) { return ${list(flags)} }; return ${valuesOf(values)} }`;
  });
  return `# Completion of k8s-tunnels for PowerShell. In $PROFILE: k8s-tunnels completion powershell | Out-String | Invoke-Expression
function global:_K8sTunnelsWords($program, $command, $previous, $word) {
  switch ($command) {
    '' { return ${list(commands.map(({ name }) => name))} }
${cases.join('\n')}
  }
}
Register-ArgumentCompleter -Native -CommandName k8s-tunnels -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() })
  if ($word -ne '') { $words = @($words | Select-Object -First ($words.Count - 1)) }
  $command = if ($words.Count -gt 1) { $words[1] } else { '' }
  _K8sTunnelsWords $words[0] $command $words[-1] $word | Where-Object { $_.StartsWith($word) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_)
  }
}
`;
}
