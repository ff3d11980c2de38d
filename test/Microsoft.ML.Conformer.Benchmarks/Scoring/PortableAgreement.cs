using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>
/// How far the scores of a zip that mlContext.Model.Load opened are from LoadImageClassifier's, which are the trained model's: for photos
/// as
/// they are, and for photos that the app first resizes to the network's size.
/// </summary>
internal static class PortableAgreement
{
    private const int Success = 0, BadArguments = 2;

    /// <summary>Takes a zip whose pipeline begins with an Image column or loads it from ImagePath, and a folder of class folders.</summary>
    public static int Run(string[] args)
    {
        if (args is not [var model, var photos])
        {
            Console.Error.WriteLine("usage: portable MODEL.zip PHOTOS");
            return BadArguments;
        }
        Report("as they are", model, photos, resize: false);
        Report("resized first", model, photos, resize: true);
        return Success;
    }

    private static void Report(string photos, string model, string folder, bool resize)
    {
        var context = new MLContext(seed: 1);
        using var conformer = context.Model.LoadImageClassifier(model);
        var builtIn = context.Model.Load(model, out _);
        using var disposable = builtIn as IDisposable;

        var files = context.Data.LoadFromImageFolder(folder);
        IEstimator<ITransformer> images = context.Transforms.LoadImages("Image", imageFolder: "", inputColumnName: "ImagePath");
        if (resize)
            images = images.Append(context.Transforms.ResizeImages("Image", conformer.ImageSize, conformer.ImageSize));
        var data = images.Fit(files).Transform(files);
        // A pipeline's own loading of images would undo the resizing.
        var parts = builtIn is IEnumerable<ITransformer> chain ? chain.SkipWhile(part => part is ImageLoadingTransformer) : [builtIn];
        var pairs = Scores(conformer.Transform(data)).Zip(Scores(parts.Aggregate(data, (view, part) => part.Transform(view)))).ToList();

        var differences = pairs.SelectMany(pair => pair.First.Zip(pair.Second, (x, y) => (double)Math.Abs(x - y))).ToList();
        var agreeing = pairs.Count(pair => Best(pair.First) == Best(pair.Second));
        var labels = files.GetColumn<string>("Label").ToList();
        int Right(IEnumerable<float[]> scores) =>
            scores.Zip(labels).Count(row => conformer.ClassNames[Best(row.First)] == row.Second);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"photos {photos}: the same class for {agreeing} of {pairs.Count}; probabilities differ by {differences.Average():g2} on " +
            $"average and {differences.Max():g2} at most; right by LoadImageClassifier {Right(pairs.Select(pair => pair.First))}, " +
            $"by Model.Load {Right(pairs.Select(pair => pair.Second))}"));
    }

    private static IEnumerable<float[]> Scores(IDataView scored) => scored.GetColumn<float[]>("Score");

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());
}
