using System.CommandLine;

namespace Conformer.Cli.Predicting;

/// <summary>The argument of commands that look at photos.</summary>
internal static class PhotoFiles
{
    public static Argument<string[]> NewArgument() => new("IMAGES")
    {
        Description = "Image files, and folders of them.",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>The files that it names, those of folders too.</summary>
    /// <exception cref="ArgumentException">One is not there, or a folder has no image.</exception>
    public static IReadOnlyList<string> Find(Argument<string[]> argument, ParseResult parsed)
    {
        var files = new List<string>();
        foreach (var path in parsed.GetRequiredValue(argument))
            if (Directory.Exists(path))
            {
                var found = new FolderTree(Path.GetFullPath(path)).AllImages.ToList();
                files.AddRange(found.Count > 0 ? found : throw new ArgumentException(
                    $"{argument.Name}: there is no image in the folder '{VisibleText.OfPath(path)}'. Files are taken for images whose names " +
                    $"end in {ImageFileNames.Extensions}."));
            }
            else
                files.Add(File.Exists(path) ? path : throw new ArgumentException(
                    $"{argument.Name}: there is no file or folder '{VisibleText.OfPath(path)}'."));
        return files;
    }
}
