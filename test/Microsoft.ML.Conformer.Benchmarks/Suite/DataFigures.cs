using Conformer.Cli.Generated;
using Microsoft.ML.Conformer.Tests.Support;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>The making of training batches out of photos, beside torchvision's.</summary>
internal sealed class DataFigures(SuiteOptions options, Report report)
{
    private const int Size = 224, Batch = 32;

    private int GeneratedSide => options.Quick ? 128 : 320;

    public void Measure()
    {
        using var folder = new TemporaryFolder();
        var (photos, what) = options.Photos is { } given
            ? (Path.Combine(given, "train"), "the photos for training")
            : (Generated(folder.Path), $"generated PNG images of {GeneratedSide} x {GeneratedSide} pixels");
        Measurement Own(string name, string caching) => Measurement.Own(
            name, options.Threads, "data", "--data", photos, "--size", $"{Size}", "--batch", $"{Batch}", "--caching", caching);
        var figures = options.Turns.Measure(
        [
            Own("decoded in each pass", "Decode"), Own("out of memory", "Keep"), .. Reference.Torchvision(options, photos, Size, Batch),
        ]);
        report.Keep("data", figures);
        var torchvision = figures.FirstOrDefault(figure => figure.Name == "torchvision");
        report.Add(
            "Training batches",
            $"Passes over {what}: a random crop resized to {Size} x {Size}, mirrored, normalized, in batches of {Batch} " +
            "(`data --data FOLDER --caching Keep`).",
            ["", "images a second", "ms for an image", "over torchvision", "peak MiB", "bytes allocated"],
            figures.Select(figure => (string[])
            [
                figure.Name, Cell.Of(1000 / figure.Median), Cell.Of(figure.Median),
                torchvision is null ? Cell.None : Cell.Of(figure.Over(torchvision)), Cell.Whole(figure.PeakMiB),
                Cell.Whole(figure.AllocatedBytes),
            ]));
        if (!options.Quick)
            Sizes(photos);
    }

    private void Sizes(string photos)
    {
        int[] counts = [1000, 10_000, 100_000];
        report.AddOutput(
            "The size of the data set",
            "The same photos again and again as other rows, decoded in each pass, one pass or eight seconds of it " +
            "(`data --data FOLDER --caching Decode --rows 100000 --passes 1 --seconds 8`).",
            string.Concat(counts.Select(count => Measurement.Once(
                $"{count} rows", options.Threads, "data", "--data", photos, "--caching", "Decode", "--rows", $"{count}", "--passes", "1",
                "--seconds", "8").Output())));
    }

    private string Generated(string folder)
    {
        TextureShapeImages.Write(folder, GeneratedSide, seed: 0, CancellationToken.None, testImagesPerClass: 0);
        return Path.Combine(folder, "train");
    }
}
