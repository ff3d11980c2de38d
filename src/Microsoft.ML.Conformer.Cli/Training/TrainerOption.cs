using System.CommandLine;
using System.Globalization;

namespace Conformer.Cli.Training;

/// <summary>An option of the command that is an option of the library's trainers.</summary>
/// <param name="Option">The command's.</param>
/// <param name="LibraryName">The library's name for it, such as "Transfer.Freeze".</param>
internal abstract record TrainerOption(Option Option, string LibraryName)
{
    /// <summary>Sets the library's option, where the command's was given.</summary>
    public abstract void Apply(ParseResult parsed, ImageClassificationTrainerOptions options);

    /// <summary>The library's value as the command line takes it; null for none.</summary>
    public abstract string? TextOf(ImageClassificationTrainerOptions options);

    /// <param name="option">The command's option.</param>
    /// <param name="libraryName">The library's name for it.</param>
    /// <param name="get">Gives the library's value.</param>
    /// <param name="set">Sets it.</param>
    /// <param name="showsDefault">Whether help shows the library's default; what a recipe decides has none.</param>
    public static TrainerOption Of<T>(
        Option<T> option, string libraryName, Func<ImageClassificationTrainerOptions, T> get,
        Action<ImageClassificationTrainerOptions, T> set, bool showsDefault)
    {
        if (showsDefault)
            option.DefaultValueFactory = _ => get(new ConformerTrainer.Options());
        return new TrainerOption<T>(option, libraryName, get, set);
    }
}

/// <inheritdoc/>
internal sealed record TrainerOption<T>(
    Option<T> Typed, string LibraryName, Func<ImageClassificationTrainerOptions, T> Get, Action<ImageClassificationTrainerOptions, T> Set)
    : TrainerOption(Typed, LibraryName)
{
    public override void Apply(ParseResult parsed, ImageClassificationTrainerOptions options)
    {
        if (parsed.GetResult(Typed) is { Implicit: false })
            Set(options, parsed.GetValue(Typed)!);
    }

    public override string? TextOf(ImageClassificationTrainerOptions options) => Get(options) switch
    {
        null => null,
        bool value => value ? "true" : "false",
        Enum value => ArgumentChecks.WordOf(value),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
