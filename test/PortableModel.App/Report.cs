namespace PortableModel;

/// <summary>What the program prints.</summary>
/// <param name="View">The photos scored by Transform, in their order.</param>
/// <param name="Engine">The photos scored by a PredictionEngine, in their order.</param>
/// <param name="Columns">Names of the scored view's columns.</param>
/// <param name="Assemblies">Simple names of the assemblies loaded after scoring.</param>
internal sealed record Report(
    IReadOnlyList<ScoredPhoto> View, IReadOnlyList<ScoredPhoto> Engine, IReadOnlyList<string> Columns, IReadOnlyList<string> Assemblies);

/// <param name="Label">The most probable class, as text.</param>
/// <param name="Scores">The classes' probabilities.</param>
internal sealed record ScoredPhoto(string? Label, float[] Scores);
