namespace Conformer.Cli.Predicting;

/// <summary>Writes what was found, image by image.</summary>
internal interface IPredictionWriter<in T> : IDisposable
{
    /// <param name="path">The image.</param>
    /// <param name="found">What was found in it.</param>
    void Add(string path, T found);

    /// <summary>An image that cannot be used.</summary>
    void Add(string path, string fault);
}
