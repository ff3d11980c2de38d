using System.CommandLine;
using System.Globalization;

namespace Conformer.Cli.Training.Options;

/// <summary>An option of the command that is an option of the library's trainers, those whose options are of a kind.</summary>
internal interface ITrainerOption<in TOptions> where TOptions : NetworkTrainerOptions
{
    /// <summary>The command's.</summary>
    Option Option { get; }

    /// <summary>The library's name for it, such as "Transfer.Freeze".</summary>
    string LibraryName { get; }

    /// <summary>Sets the library's option, where the command's was given.</summary>
    void Apply(ParseResult parsed, TOptions options);

    /// <summary>The library's value as the command line takes it; null for none.</summary>
    string? TextOf(TOptions options);
}

/// <inheritdoc cref="ITrainerOption{TOptions}"/>
/// <param name="Typed">The command's.</param>
/// <param name="LibraryName">The library's name for it.</param>
/// <param name="Get">Gives the library's value.</param>
/// <param name="Set">Sets it.</param>
internal sealed record TrainerOption<TOptions, T>(Option<T> Typed, string LibraryName, Func<TOptions, T> Get, Action<TOptions, T> Set)
    : ITrainerOption<TOptions> where TOptions : NetworkTrainerOptions
{
    public Option Option => Typed;

    public void Apply(ParseResult parsed, TOptions options)
    {
        if (parsed.GetResult(Typed) is { Implicit: false })
            Set(options, parsed.GetValue(Typed)!);
    }

    public string? TextOf(TOptions options) => Get(options) switch
    {
        null => null,
        bool value => value ? "true" : "false",
        Enum value => ArgumentChecks.WordOf(value),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
