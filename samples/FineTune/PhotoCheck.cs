using Microsoft.ML;
using Microsoft.ML.Conformer;
using Samples.Shared;

namespace FineTune;

/// <summary>Looks at the photos before any work, says what may spoil it, and saves check.html and check.json.</summary>
internal static class PhotoCheck
{
    /// <summary>Checks a folder or manifest.</summary>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="settings">Which images training would accept, and where the files go.</param>
    /// <param name="folder">The folder or manifest.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <returns>Whether there is nothing that would end training or make its measures wrong.</returns>
    public static bool Run(MLContext mlContext, Settings settings, string folder, CancellationToken cancellation)
    {
        var report = mlContext.Data.CheckImageFolder(folder, new ImageCheckOptions
        {
            MaxImagePixels = settings.Training.MaxImagePixels,
            Background = settings.Training.Background,
            Progress = new ReadingLines(),
            CancellationToken = cancellation,
        });
        Console.WriteLine(report.Summary); // at once, as it is: no console's width matters to it
        var files = new ResultFiles(settings.OutputFolder);
        files.SaveTo("check.html", report.SaveHtml);
        files.SaveTo("check.json", report.SaveJson);
        files.ThrowIfAnyFailed();
        Console.WriteLine($"page: {Path.GetFullPath(Path.Combine(settings.OutputFolder, "check.html"))}");
        return !report.HasErrors;
    }
}
