using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Tests.Weights.Published;
using Microsoft.ML.Conformer.Weights.Published;

/// <summary>
/// Lets this assembly run as a second process that downloads: .NET calls it before the program's Main where DOTNET_STARTUP_HOOKS names
/// the assembly. Its name, outside of any namespace, is .NET's convention.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(DownloadProcess.Variable) is not { } task)
            return;
        var (url, folder) = (task.Split('|')[0], task.Split('|')[1]);
        var weights = new PublishedWeights("test-weights", ConformerVariant.Tiny, new Uri(url));
        var cache = new WeightCache(new WeightDownloadOptions { CacheFolder = folder, Offline = false });
        Console.WriteLine(cache.GetAsync(weights).GetAwaiter().GetResult());
        Environment.Exit(0);
    }
}
