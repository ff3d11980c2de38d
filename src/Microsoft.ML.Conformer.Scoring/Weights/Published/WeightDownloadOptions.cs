namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>Where published weights are kept, and how they are fetched.</summary>
internal sealed record WeightDownloadOptions
{
    /// <summary>The environment variable that forbids downloads when it is 1 or true.</summary>
    public const string OfflineVariable = "CONFORMER_OFFLINE";

    /// <summary>Default: CONFORMER_CACHE, else "microsoft.ml.conformer" in the user's cache folder.</summary>
    public string CacheFolder { get; init; } = DefaultFolder();

    /// <summary>Whether nothing may be downloaded; files that are in the cache are used. Default: CONFORMER_OFFLINE.</summary>
    public bool Offline { get; init; } = Environment.GetEnvironmentVariable(OfflineVariable)?.ToLowerInvariant() is "1" or "true";

    public IProgress<WeightDownloadProgress>? Progress { get; init; }

    /// <summary>Told in words that a download begins. Null by default.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Attempts in a row that bring not a single byte before the download fails. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Wait before the second attempt; each further wait is twice as long. Default 0.5 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long the server may send nothing before the connection counts as cut. Default 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    private static string DefaultFolder()
    {
        const string name = "microsoft.ml.conformer";
        if (Environment.GetEnvironmentVariable("CONFORMER_CACHE") is { Length: > 0 } named)
            return named;
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
            return Path.Combine(cache, name);
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0) // a service account without a home
            return Path.Combine(Path.GetTempPath(), name);
        return OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), name)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches", name)
            : Path.Combine(home, ".cache", name);
    }
}
