using System.Diagnostics;
using Microsoft.ML.Conformer.Weights.Published;

namespace Microsoft.ML.Conformer.Tests.Weights.Published;

/// <summary>Another process that downloads published weights: this assembly, by its <see cref="StartupHook"/>.</summary>
internal static class DownloadProcess
{
    public const string Variable = "CONFORMER_TEST_DOWNLOAD";

    public static ProcessStartInfo Of(PublishedWeights weights, string folder)
    {
        var assembly = typeof(DownloadProcess).Assembly.Location;
        var start = ChildProcess.DotNet("exec", assembly);
        start.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        start.Environment[Variable] = $"{weights.Url}|{folder}";
        return start;
    }
}
