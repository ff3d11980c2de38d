using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// The data path alone: passes over a folder of photos as training takes them, decoded or out of the cache, a random crop resized,
/// mirrored, normalized and put into batches. Prints one line of JSON with the seconds until the first batch and the images per second of
/// each pass; with --turns it is timed pass by pass.
/// </summary>
internal static class DataPasses
{
    /// <summary>
    /// Options, each with a value: --data, a folder of class folders; --rows, how many, the same photos again and again (all, once);
    /// --size 224, --batch 32, --workers 2, --passes 3, --seconds of the first pass, --caching Auto, --budget, the cache's bytes.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var start = Stopwatch.GetTimestamp();
        var context = new MLContext(0);
        var files = Repeated(context, context.Data.LoadFromImageFolder(given.Text("--data")), given.Number("--rows", 0));
        var defaults = new ImageReadOptions
        {
            ImageColumnName = "ImagePath",
            LabelColumnName = "Label",
            Preprocessor = new ImagePreprocessor(given.Number("--size", 224), new()),
            Caching = given.Choice("--caching", ImageCaching.Auto),
        };
        using var images = ImageDataset.ForTraining(
            context.Transforms.Conversion.MapValueToKey("Label").Fit(files).Transform(files),
            defaults with { MaxCacheBytes = long.Parse(given.Text("--budget", $"{defaults.MaxCacheBytes}"), null) }, default);
        var batches = new TrainingBatches(images, new TrainingBatchOptions
        {
            BatchSize = given.Number("--batch", 32),
            Seed = 0,
            Augmentation = new ImageAugmentation(new AugmentationRecipe { CropAreaMin = 0.08 }),
            Workers = given.Number("--workers", 2),
        });
        if (given.Has("--turns"))
        {
            var pass = 0;
            var shown = Math.Min(images.Count, batches.BatchCount * given.Number("--batch", 32)); // the last batch is left out if not full
            return RepeatedWork.Run(given, shown, () => batches.ReadEpoch(pass++, 0, default).Count());
        }

        var (first, rates) = (0.0, new List<double>());
        for (var pass = 0; pass < given.Number("--passes", 3); pass++)
        {
            var (begin, count) = (Stopwatch.GetTimestamp(), 0);
            foreach (var batch in batches.ReadEpoch(pass, 0, default))
            {
                if (first == 0)
                    first = Stopwatch.GetElapsedTime(start).TotalSeconds;
                count += batch.ImageNumbers.Count;
                if (pass == 0 && Stopwatch.GetElapsedTime(begin).TotalSeconds > given.Number("--seconds", int.MaxValue))
                    break;
            }
            rates.Add(Math.Round(count / Stopwatch.GetElapsedTime(begin).TotalSeconds, 1));
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            images = images.Count,
            decoded_anew = images.IsDecodedAnew,
            first_batch_s = Math.Round(first, 2),
            images_per_second = rates,
            peak_rss_mib = RepeatedWork.PeakMiB(),
        }));
        return 0;
    }

    private static IDataView Repeated(MLContext context, IDataView files, int rows)
    {
        if (rows == 0)
            return files;
        var photos = context.Data.CreateEnumerable<PhotoFile>(files, reuseRowObject: false).ToList();
        return context.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(row => photos[row % photos.Count]));
    }
}
