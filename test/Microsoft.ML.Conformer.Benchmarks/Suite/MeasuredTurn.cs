using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>What a measured process answers after a turn.</summary>
/// <param name="Milliseconds">The time for an image of each repetition.</param>
/// <param name="PeakMiB">The process's largest resident memory so far.</param>
/// <param name="AllocatedBytes">What was allocated on the managed heap for an image; null in programs that have none.</param>
internal sealed record MeasuredTurn(
    [property: JsonPropertyName("ms")] double[] Milliseconds,
    [property: JsonPropertyName("peak_mib")] long PeakMiB,
    [property: JsonPropertyName("allocated")] long? AllocatedBytes);
