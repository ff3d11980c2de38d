namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>A process that measures one thing, as <see cref="RepeatedWork"/> does.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Threads">The threads that its libraries may compute on.</param>
internal sealed record Measurement(string Name, string Program, IReadOnlyList<string> Arguments, int Threads)
{
    /// <summary>One of this program's commands.</summary>
    public static Measurement Own(string name, int threads, params IReadOnlyList<string> command) =>
        Once(name, threads, [.. command, "--turns", "true"]);

    /// <summary>One of this program's commands that measures by itself, once.</summary>
    public static Measurement Once(string name, int threads, params IReadOnlyList<string> command) => new(
        name, Environment.ProcessPath!, [typeof(Measurement).Assembly.Location, .. command], threads);
}
