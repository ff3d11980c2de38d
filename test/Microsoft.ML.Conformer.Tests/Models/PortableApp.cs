using System.Reflection;
using System.Text.Json;
using PortableModel;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>An app that has ML.NET and nothing of this library (test/PortableModel.App), run as a process of its own.</summary>
internal static class PortableApp
{
    /// <summary>The app's assembly.</summary>
    public static string Location { get; } = Find();

    /// <summary>Scores photos with a saved model.</summary>
    public static Report Score(string model, IEnumerable<string> photos)
    {
        var start = ChildProcess.DotNet(["exec", Location, model, .. photos]);
        start.WorkingDirectory = Path.GetDirectoryName(model);
        var (exitCode, output, error) = ChildProcess.Run(start);
        Assert.AreEqual(0, exitCode, error);
        return JsonSerializer.Deserialize<Report>(output)!;
    }

    /// <summary>The build wrote where it is, from the test project's folder on.</summary>
    private static string Find()
    {
        var path = typeof(PortableApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(entry => entry.Key == "PortableModelApp").Value!;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.GetFullPath(Path.Combine(folder.FullName, path));
            if (File.Exists(found))
                return found;
        }
        throw new FileNotFoundException($"'{path}' is in no folder above '{AppContext.BaseDirectory}'; build the solution.");
    }
}
