using System.CommandLine;
using System.Globalization;

namespace Conformer.Cli.Configuration;

/// <summary>`--config FILE`, with which each command takes its options and arguments from a file, too.</summary>
internal static class ConfigurationOption
{
    private static readonly Option<string?> _config = new("--config")
    {
        Description = "A YAML or JSON file with any of these options, without the hyphens in front ('image-size: 96'), and arguments " +
            "('data: photos'). What the command line gives overrides it.",
        HelpName = "FILE",
    };

    /// <summary>"@photo.jpg" is a file of this name, not one with more arguments in it.</summary>
    private static readonly ParserConfiguration _parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>The option, and all commands' own.</summary>
    public static void AddTo(Command command)
    {
        if (command.Action is not null)
            command.Options.Add(_config);
        foreach (var subcommand in command.Subcommands)
            AddTo(subcommand);
    }

    /// <summary>Whether a symbol is this option.</summary>
    public static bool Is(Symbol symbol) => symbol == _config;

    /// <summary>Whether the command line or a configuration gives an option a value.</summary>
    public static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Parses arguments together with the configuration that they name.</summary>
    /// <exception cref="InvalidDataException">It is no configuration, or has values that the command does not take.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
    {
        var parsed = root.Parse(args, _parsing);
        if (parsed.GetResult(_config) is { Tokens.Count: not 1 } || parsed.GetResult(ResumeOption.Instance) is { Tokens.Count: not 1 })
            return parsed; // not one file is named
        var file = parsed.GetResult(_config) is null ? ResumeOption.ConfigurationOf(parsed) : parsed.GetValue(_config);
        if (file is null || parsed.Action is System.CommandLine.Help.HelpAction)
            return parsed;
        var command = parsed.CommandResult.Command;
        var (options, arguments) = (new List<string>(), new Dictionary<Argument, IReadOnlyList<string>>());
        if (!File.Exists(file))
            throw new InvalidDataException(parsed.GetResult(_config) is not null
                ? $"{_config.Name}: there is no file '{VisibleText.OfPath(file)}'."
                : $"{ResumeOption.Instance.Name}: there is no run in '{VisibleText.OfPath(Path.GetDirectoryName(file)!)}', which has no " +
                    $"{RunFolder.ConfigurationName}.");
        if (parsed.GetResult(_config) is null)
            ResumeOption.ThrowIfRunIsOfOther(parsed, UsageFault.CallOf(command));
        foreach (var value in ConfigurationFile.Read(file))
            if (command.Arguments.FirstOrDefault(one => NameOf(one) == value.Name) is { } argument)
                arguments[argument] = parsed.GetResult(argument) is { Tokens.Count: > 0 } ? [] : value.Texts;
            else if (!IsGiven(parsed, OptionOf(command, value)))
                options.AddRange(value.Texts.Select(text => $"--{value.Name}={text}"));
        var configured = root.Parse(
            [.. Before(args, options, command.Arguments.SelectMany(one => arguments.GetValueOrDefault(one, [])))], _parsing);
        var known = parsed.Errors.Select(error => error.Message).ToHashSet();
        if (configured.Errors.FirstOrDefault(error => !known.Contains(error.Message)) is { } fault)
            throw new InvalidDataException($"{fault.Message.TrimEnd('.')} (from '{VisibleText.OfPath(file)}').");
        return configured;
    }

    /// <summary>The name that a configuration has for an option or argument.</summary>
    public static string NameOf(Symbol symbol) => symbol.Name.TrimStart('-').ToLowerInvariant();

    /// <summary>An option's value as a configuration has it; null for none.</summary>
    public static string? TextOf(ParseResult parsed, Option option) => parsed.GetResult(option) is { Tokens: [{ Value: var text }] } ? text
        : option is Option<bool> flag ? parsed.GetValue(flag) ? "true" : "false"
        : option.HasDefaultValue && option.GetDefaultValue() is { } value ? value is Enum word ? ArgumentChecks.WordOf(word)
            : Convert.ToString(value, CultureInfo.InvariantCulture)
        : null;

    /// <summary>Options stand before "--"; behind it, an argument may begin with a hyphen.</summary>
    private static IEnumerable<string> Before(IReadOnlyList<string> args, List<string> options, IEnumerable<string> arguments)
    {
        var end = args.TakeWhile(arg => arg != "--").Count();
        return [.. args.Take(end), .. options, "--", .. args.Skip(end + 1), .. arguments];
    }

    private static Option OptionOf(Command command, ConfiguredValue value)
    {
        var taken = command.Options.Where(IsConfigured).ToList();
        var names = command.Arguments.Select(NameOf).Concat(taken.Select(NameOf).Order(StringComparer.Ordinal)).ToList();
        var option = taken.FirstOrDefault(option => NameOf(option) == value.Name) ?? throw new InvalidDataException(
            $"{value.Place}: '{VisibleText.Of(value.Name)}' is no option of '{UsageFault.CallOf(command)}'." +
            (UsageFault.Hint(value.Name, names) is { Length: > 0 } hint ? hint : $" It has {string.Join(", ", names)}."));
        // The command line would take another word after a flag for an argument.
        return option is not Option<bool> || value.Texts is [var text] && bool.TryParse(text, out _) ? option
            : throw new InvalidDataException(
            $"{value.Place}: '{value.Name}' must be true or false, not '{VisibleText.Of(string.Join(", ", value.Texts))}'.");
    }

    private static bool IsConfigured(Option option) =>
        option is not System.CommandLine.Help.HelpOption && !Is(option) && option != ResumeOption.Instance;
}
