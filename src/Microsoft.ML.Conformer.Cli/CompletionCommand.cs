using System.CommandLine;

namespace Conformer.Cli;

/// <summary>`conformer completion SHELL`: a script by which a shell completes the commands' words.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # For ~/.bashrc: eval "$(conformer completion bash)"
        _conformer() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _conformer conformer
        """;

    private const string PowerShell = """
        # For $PROFILE: conformer completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName conformer -ScriptBlock {
          param($word, $commandAst, $position)
          conformer "[suggest:$position]" "$commandAst" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
          }
        }
        """;

    private static readonly Argument<string> _shell = new("SHELL") { Description = "bash or pwsh (PowerShell)." };

    public static Command Create()
    {
        _shell.AcceptOnlyFromAmong("bash", "pwsh");
        var command = new Command("completion", "Writes a script by which a shell completes these commands and options.") { _shell };
        command.SetAction(parsed =>
            Console.WriteLine((parsed.GetRequiredValue(_shell) == "bash" ? Bash : PowerShell).ReplaceLineEndings("\n")));
        return command;
    }
}
