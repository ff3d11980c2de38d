using System.Reflection;
using System.Text.Json;
using Microsoft.ML.Conformer.Models;

namespace Conformer.Cli.Exporting;

/// <summary>
/// A web page that classifies photos in the browser: its files are those embedded under "page/", and the model with what is shown of it.
/// </summary>
internal sealed class ModelPage(string folder, double? threshold)
{
    public const string ModelName = "model.onnx";

    private const string Embedded = "page/", SettingsName = "model.json";

    /// <summary>What a browser opens, from a server.</summary>
    public string Index => Path.Combine(folder, "index.html");

    /// <summary>Writes all but the model, which is there.</summary>
    /// <exception cref="InvalidOperationException">The network exceeds 2 GB, which no browser takes.</exception>
    public void Write(ScorableModel model)
    {
        var file = new FileInfo(Path.Combine(folder, ModelName));
        if (File.Exists($"{file.FullName}.data"))
            throw new InvalidOperationException("The model takes more than 2 GB, which no browser can load. Take --precision int8.");
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Embedded, StringComparison.Ordinal)))
        {
            var path = Path.Combine([folder, .. name[Embedded.Length..].Split('/')]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var content = assembly.GetManifestResourceStream(name)!;
            AtomicFile.Write(path, content.CopyTo);
        }
        var settings = new Settings(
            [.. model.Labels.Names.Select(VisibleText.Of)], model.ImageSize,
            model.Preprocessing.Background.ToString().ToLowerInvariant(), threshold, file.Length);
        AtomicFile.Write(
            Path.Combine(folder, SettingsName), stream => JsonSerializer.Serialize(stream, settings, JsonSerializerOptions.Web));
    }

    public void TellHowToServe()
    {
        Console.WriteLine("The page needs a web server, of any kind, for instance:");
        Console.WriteLine($"  python3 -m http.server --directory {ShellWord(folder)}");
        Console.WriteLine($"  npx serve {ShellWord(folder)}");
    }

    /// <summary>A path that is relative where that is shorter, and in quotes where a shell would take it apart.</summary>
    private static string ShellWord(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        var shown = VisibleText.OfPath(relative.Length < path.Length ? relative : path);
        return shown.All(c => char.IsAsciiLetterOrDigit(c) || "/._-:\\".Contains(c, StringComparison.Ordinal))
            ? shown
            : $"'{shown.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>What the page knows of its model; the classes are text to be shown.</summary>
    private sealed record Settings(IReadOnlyList<string> Classes, int ImageSize, string Background, double? Threshold, long Bytes);
}
