using System.CommandLine;
using System.CommandLine.Parsing;

namespace Conformer.Server.CommandLine;

/// <summary>What is wrong with arguments, in one line; of a misspelt name also the one that was meant.</summary>
internal static class UsageFault
{
    private const int MostLength = 1000;

    /// <summary>What is wrong; null for nothing.</summary>
    public static string? Of(ParseResult parsed) => Misspelt(parsed)
        ?? (parsed.Errors is [] ? null
            : VisibleText.Cut(string.Join(' ', parsed.Errors.Select(error => Sentence(error.Message)).Distinct()), MostLength));

    /// <summary>The sentence that asks for a name near another one; empty where none is near.</summary>
    public static string Hint(string name, IEnumerable<string> names) => names
        .Select(one => (Name: one, Distance: Distance(Plain(name), Plain(one))))
        .Where(one => one.Distance <= (Plain(one.Name).Length + 2) / 3)
        .OrderBy(one => one.Distance).Select(one => $" Did you mean '{one.Name}'?").FirstOrDefault("");

    private static string? Misspelt(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0)
            return parsed.Errors is not [] && parsed.UnmatchedTokens.FirstOrDefault() is { } word
                ? $"'{VisibleText.Of(word)}' is no command of '{command.Name}'.{Hint(word, command.Subcommands.Select(one => one.Name))} " +
                    $"`{HelpOf(parsed)}` lists them."
                : null;
        // An argument takes any word, one that looks like an option, too.
        var taken = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).ToHashSet();
        var option = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(one => one.Tokens).Where(taken.Contains)
            .Select(token => token.Value).Where(text => !Path.Exists(text)).Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(text => text.StartsWith('-') && text.Length > 1);
        if (option is not null && command.Options.Any(one => one.Name == option))
            return $"'{option}' stands before '{command.Name}'; write it behind.";
        return option is null ? null : $"'{VisibleText.Of(option)}' is no option of '{command.Name}'." +
            (Hint(option.Split('=')[0], command.Options.Select(one => one.Name)) is { Length: > 0 } hint ? hint
                : $" `{HelpOf(parsed)}` lists them.");
    }

    /// <summary>A command with those that it belongs to, as it is called, without the program's name.</summary>
    public static string CallOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand
        ? $"{CallOf(parent)} {command.Name}" : command.Name;

    private static string HelpOf(ParseResult parsed) => parsed.CommandResult.Command is var command and not RootCommand
        ? $"{parsed.RootCommandResult.Command.Name} {CallOf(command)} --help" : $"{parsed.RootCommandResult.Command.Name} --help";

    private static string Sentence(string message) =>
        string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Without what people write differently: "BatchSize" and "batch_size" are "--batch-size".</summary>
    private static string Plain(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>Letters to insert, delete or replace (Levenshtein 1966).</summary>
    private static int Distance(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > other.Length)
            return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
