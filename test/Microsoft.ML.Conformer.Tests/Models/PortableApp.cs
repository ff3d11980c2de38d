using System.Text.Json;
using PortableModel;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>An app that has ML.NET and nothing of this library (test/PortableModel.App), run as a process of its own.</summary>
internal static class PortableApp
{
    /// <summary>The app's assembly.</summary>
    public static string Location { get; } = BuiltApp.Find("PortableModelApp");

    /// <summary>Scores photos with a saved model.</summary>
    public static Report Score(string model, IEnumerable<string> photos)
    {
        var start = ChildProcess.DotNet(["exec", Location, model, .. photos]);
        start.WorkingDirectory = Path.GetDirectoryName(model);
        var (exitCode, output, error) = ChildProcess.Run(start);
        Assert.AreEqual(0, exitCode, error);
        return JsonSerializer.Deserialize<Report>(output)!;
    }
}
