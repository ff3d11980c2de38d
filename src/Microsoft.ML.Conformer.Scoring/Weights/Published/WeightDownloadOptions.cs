namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>Where published weights are kept, and how they are fetched.</summary>
internal sealed record WeightDownloadOptions
{
    /// <summary>The environment variable that forbids downloads when it is 1 or true.</summary>
    public const string OfflineVariable = "CONFORMER_OFFLINE";

    /// <summary>The environment variable that names the folder.</summary>
    public const string FolderVariable = "CONFORMER_CACHE";

    /// <summary>Default: CONFORMER_CACHE, else "microsoft.ml.conformer" in the user's cache folder.</summary>
    /// <exception cref="InvalidOperationException">The user has no home folder, and no variable names another one.</exception>
    public string CacheFolder { get => field ?? DefaultFolder(); init; }

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

    /// <param name="variable">Gives an environment variable's value, or null.</param>
    /// <param name="userFolder">The folder below which the user's caches lie; empty for a user without a home.</param>
    internal static string FolderOf(Func<string, string?> variable, string userFolder)
    {
        const string name = "microsoft.ml.conformer";
        if (variable(FolderVariable) is { Length: > 0 } named)
            return named;
        if (variable("XDG_CACHE_HOME") is { Length: > 0 } cache)
            return Path.Combine(cache, name);
        // The folder for temporary files would do, but other users may write to it too.
        return userFolder.Length > 0 ? Path.Combine(userFolder, name) : throw new InvalidOperationException(
            $"Published weights need a folder of this user's, who has no home. Set the environment variable {FolderVariable} to a folder " +
            "that no other user may write to, or give the path of a weight file.");
    }

    private static string DefaultFolder()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return FolderOf(Environment.GetEnvironmentVariable,
            OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : home.Length == 0 ? ""
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Path.Combine(home, ".cache"));
    }
}
