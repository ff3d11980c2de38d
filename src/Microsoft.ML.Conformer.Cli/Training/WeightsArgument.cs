namespace Conformer.Cli.Training;

/// <summary>`--pretrained-weights`, before photos are read: what does not fit the network shows when they are.</summary>
internal static class WeightsArgument
{
    private const string Name = "--pretrained-weights";

    /// <exception cref="ArgumentException">They are neither a weight file nor a published name.</exception>
    public static void Check(string weights, bool average)
    {
        if (File.Exists(weights))
            Work.Open(Name, () => CheckpointFile.Open(weights, average)).Dispose();
        else if (PublishedWeights.Find(weights) is null)
            throw new ArgumentException(
                $"{Name}: there is no file '{VisibleText.OfPath(weights)}', and the published names are {PublishedWeights.Names}.");
    }
}
