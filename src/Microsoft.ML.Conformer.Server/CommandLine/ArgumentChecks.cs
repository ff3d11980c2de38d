using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Conformer.Server.CommandLine;

/// <summary>What arguments may be: each fault is one line that names the argument.</summary>
internal static class ArgumentChecks
{
    /// <summary>A number from a minimum to a maximum; "1,5", which .NET would take for 15, is none.</summary>
    public static Option<T> Between<T>(this Option<T> option, double minimum, double maximum)
    {
        var style = IsWhole(Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T)) ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        option.HelpName = "N";
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && !(double.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum))
                result.AddError($"{option.Name} must be a {(style == NumberStyles.Float ? "" : "whole ")}number from " +
                    FormattableString.Invariant($"{minimum:0.##########} to {maximum:0.##########}, not '{VisibleText.Of(text)}'."));
        });
        return option;

        static bool IsWhole(Type type) => type == typeof(int) || type == typeof(long);
    }

    /// <summary>One of an enumeration's words, in whatever case.</summary>
    public static Option<T> OneOf<T>(this Option<T> option) => option.OneOf(
        [.. Enum.GetNames(Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T)).Select(word => word.ToLowerInvariant())]);

    /// <summary>One of some words, in whatever case.</summary>
    public static Option<T> OneOf<T>(this Option<T> option, string[] words)
    {
        option.HelpName ??= string.Join('|', words);
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !words.Contains(text, StringComparer.OrdinalIgnoreCase))
                result.AddError($"{option.Name} must be one of {string.Join(", ", words)}, not '{VisibleText.Of(text)}'.");
        });
        return option;
    }

    /// <summary>The word for a value of an enumeration, as <see cref="OneOf{T}(Option{T})"/> takes it.</summary>
    public static string WordOf(Enum value) => value.ToString().ToLowerInvariant();

    /// <summary>A file or a folder that is there.</summary>
    public static Argument<T> Existing<T>(this Argument<T> argument) where T : FileSystemInfo?
    {
        argument.Validators.Add(result => RequireExisting(result, argument.Name));
        return argument;
    }

    /// <inheritdoc cref="Existing{T}(Argument{T})"/>
    public static Option<FileSystemInfo?> Existing(this Option<FileSystemInfo?> option)
    {
        option.Validators.Add(result => RequireExisting(result, option.Name));
        return option;
    }

    /// <summary>Files that are there.</summary>
    public static Argument<FileInfo[]> Existing(this Argument<FileInfo[]> argument)
    {
        argument.Validators.Add(result =>
        {
            foreach (var path in result.Tokens.Select(token => token.Value).Where(path => !File.Exists(path)))
                result.AddError(Directory.Exists(path)
                    ? $"{argument.Name}: '{VisibleText.OfPath(path)}' is a folder; name the files in it."
                    : $"{argument.Name}: there is no file '{VisibleText.OfPath(path)}'.");
        });
        return argument;
    }

    private static void RequireExisting(SymbolResult result, string name)
    {
        foreach (var token in result.Tokens.Where(token => !Path.Exists(token.Value)))
            result.AddError($"{name}: there is no file or folder '{VisibleText.OfPath(token.Value)}'.");
    }
}
