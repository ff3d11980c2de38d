using System.CommandLine;

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

    /// <summary>Parses arguments together with the configuration that they name.</summary>
    /// <exception cref="InvalidDataException">It is no configuration, or has values that the command does not take.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
    {
        var parsed = root.Parse(args);
        var file = parsed.GetResult(_config) is null ? ResumeOption.ConfigurationOf(parsed) : parsed.GetValue(_config);
        if (file is null || parsed.Action is System.CommandLine.Help.HelpAction)
            return parsed;
        var command = parsed.CommandResult.Command;
        var (options, arguments) = (new List<string>(), new List<string>());
        if (!File.Exists(file))
            throw new InvalidDataException(parsed.GetResult(_config) is not null
                ? $"{_config.Name}: there is no file '{VisibleText.OfPath(file)}'."
                : $"{ResumeOption.Instance.Name}: there is no run in '{VisibleText.OfPath(Path.GetDirectoryName(file)!)}', which has no " +
                    $"{RunFolder.ConfigurationName}.");
        foreach (var value in ConfigurationFile.Read(file))
            if (command.Arguments.FirstOrDefault(one => NameOf(one) == value.Name) is { } argument)
                arguments.AddRange(parsed.GetResult(argument) is { Tokens.Count: > 0 } ? [] : value.Texts);
            else if (!IsGiven(parsed, OptionOf(command, value)))
                options.AddRange(value.Texts.Select(text => $"--{value.Name}={text}"));
        var configured = root.Parse([.. Before(args, options), .. arguments]);
        var known = parsed.Errors.Select(error => error.Message).ToHashSet();
        if (configured.Errors.FirstOrDefault(error => !known.Contains(error.Message)) is { } fault)
            throw new InvalidDataException($"{fault.Message.TrimEnd('.')} (from '{VisibleText.OfPath(file)}').");
        return configured;
    }

    /// <summary>The name that a configuration has for an option or argument.</summary>
    public static string NameOf(Symbol symbol) => symbol.Name.TrimStart('-').ToLowerInvariant();

    /// <summary>Options must not stand behind "--".</summary>
    private static IEnumerable<string> Before(IReadOnlyList<string> args, List<string> options)
    {
        var end = args.TakeWhile(arg => arg != "--").Count();
        return [.. args.Take(end), .. options, .. args.Skip(end)];
    }

    private static Option OptionOf(Command command, ConfiguredValue value)
    {
        var taken = command.Options.Where(option => option is not System.CommandLine.Help.HelpOption && !Is(option)).ToList();
        return taken.FirstOrDefault(option => NameOf(option) == value.Name) ?? throw new InvalidDataException(
            $"{value.Place}: '{VisibleText.Of(value.Name)}' is no option of '{command.Name}'. It has " +
            $"{string.Join(", ", command.Arguments.Select(NameOf).Concat(taken.Select(NameOf).Order(StringComparer.Ordinal)))}.");
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };
}
