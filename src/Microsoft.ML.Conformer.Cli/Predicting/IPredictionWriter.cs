namespace Conformer.Cli.Predicting;

/// <summary>Writes what was found, image by image.</summary>
internal interface IPredictionWriter : IDisposable
{
    /// <param name="path">The image.</param>
    /// <param name="best">Its classes, the most probable first.</param>
    /// <param name="isNone">Whether the best one is below the threshold.</param>
    void Add(string path, IReadOnlyList<ClassProbability> best, bool isNone);

    /// <summary>An image that has no scores.</summary>
    void Add(string path, string fault);
}
