namespace Conformer.Server.CommandLine;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    /// <summary>Photos with errors, and work that failed.</summary>
    public const int Failed = 1;

    /// <summary>Arguments that cannot be used, such as a file that is not there.</summary>
    public const int WrongUsage = 2;

    /// <summary>Ctrl+C.</summary>
    public const int Interrupted = 130;
}
