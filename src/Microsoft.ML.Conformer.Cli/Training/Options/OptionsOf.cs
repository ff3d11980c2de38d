using System.CommandLine;

namespace Conformer.Cli.Training.Options;

/// <summary>Makes the command's options of one kind of the library's.</summary>
/// <param name="defaults">The library's defaults, which help shows where it is asked to.</param>
internal sealed class OptionsOf<TOptions>(TOptions defaults) where TOptions : NetworkTrainerOptions
{
    /// <param name="name">The command's name, without "--".</param>
    /// <param name="description">For help.</param>
    /// <param name="get">Gives the library's value.</param>
    /// <param name="set">Sets it.</param>
    /// <param name="minimum">The least that it may be.</param>
    /// <param name="maximum">The most.</param>
    /// <param name="showsDefault">Whether help shows the library's default; what a recipe decides has none.</param>
    /// <param name="libraryName">The library's name, where it is not the command's in Pascal case.</param>
    public ITrainerOption<TOptions> Number<T>(
        string name, string description, Func<TOptions, T> get, Action<TOptions, T> set, double minimum, double maximum,
        bool showsDefault = false, string? libraryName = null) =>
        Of(new Option<T>("--" + name) { Description = description }.Between(minimum, maximum), get, set, showsDefault, libraryName);

    /// <inheritdoc cref="Number"/>
    public ITrainerOption<TOptions> Words<T>(
        string name, string description, Func<TOptions, T> get, Action<TOptions, T> set, string? libraryName = null) where T : struct, Enum =>
        Of(new Option<T>("--" + name) { Description = description }.OneOf(), get, set, showsDefault: true, libraryName);

    /// <inheritdoc cref="Number"/>
    public ITrainerOption<TOptions> Flag(
        string name, string description, Func<TOptions, bool> get, Action<TOptions, bool> set, string? libraryName = null) =>
        Of(new Option<bool>("--" + name) { Description = description }, get, set, showsDefault: get(defaults), libraryName);

    /// <inheritdoc cref="Number"/>
    public ITrainerOption<TOptions> Text(
        string name, string description, string helpName, Func<TOptions, string?> get, Action<TOptions, string?> set) =>
        Of(new Option<string?>("--" + name) { Description = description, HelpName = helpName }, get, set, showsDefault: false, null);

    /// <summary>An option that has its checks already.</summary>
    public ITrainerOption<TOptions> Of<T>(
        Option<T> option, Func<TOptions, T> get, Action<TOptions, T> set, bool showsDefault, string? libraryName = null)
    {
        if (showsDefault)
            option.DefaultValueFactory = _ => get(defaults);
        return new TrainerOption<TOptions, T>(option, libraryName ?? string.Concat(
            option.Name.Split('-').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..])), get, set);
    }
}
