using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Data;

namespace Conformer.Cli.Detecting;

/// <summary>Images with marked objects to train with and to validate with.</summary>
/// <param name="Training">To train with.</param>
/// <param name="Validation">To validate with.</param>
/// <param name="Classes">The classes, in the order of the keys of both.</param>
/// <param name="Warnings">What was found wrong with them.</param>
internal sealed record DetectionData(
    MarkedPart Training, MarkedPart Validation, IReadOnlyList<string> Classes, IReadOnlyList<string> Warnings)
{
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="training">What to train with.</param>
    /// <param name="validation">What to validate with; null where a share of the training images does.</param>
    /// <param name="validationFraction">That share.</param>
    /// <param name="seed">Draws the images of the share.</param>
    public static DetectionData Load(
        MLContext mlContext, AnnotatedSource training, AnnotatedSource? validation, double validationFraction, int seed)
    {
        var warnings = new List<string>();
        var data = training.Load(mlContext, warnings.Add);
        var classes = ClassLabels.Of(data.Schema[ScoringColumns.DefaultLabel]).Names;
        if (validation is not null)
            return new DetectionData(
                MarkedPart.Of(data), MarkedPart.Of(validation.Load(mlContext, warnings.Add, classes)), classes, warnings);

        var paths = MarkedPart.PathsOf(data).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (paths.Length < 2)
            throw new InvalidDataException("It has one image; at least one to train with and one to validate with are needed.");
        new Random(seed).Shuffle(paths);
        var validates = paths[..Math.Clamp((int)Math.Round(validationFraction * paths.Length), 1, paths.Length - 1)].ToHashSet();
        return new DetectionData(
            MarkedPart.Of(mlContext, data, path => !validates.Contains(path)), MarkedPart.Of(mlContext, data, validates.Contains),
            classes, warnings);
    }
}

/// <summary>Some images with marked objects.</summary>
/// <param name="Rows">A row for each.</param>
/// <param name="Count">How many there are.</param>
internal sealed record MarkedPart(IDataView Rows, int Count)
{
    public static IEnumerable<string> PathsOf(IDataView rows) => rows.GetColumn<string>(nameof(ImageFile.ImagePath));

    public static MarkedPart Of(IDataView rows) => new(rows, PathsOf(rows).Count());

    /// <summary>Those of a data view whose files are taken.</summary>
    public static MarkedPart Of(MLContext mlContext, IDataView rows, Func<string, bool> takes) =>
        new(mlContext.Data.FilterByCustomPredicate<PathRow>(rows, row => !takes(row.ImagePath)), PathsOf(rows).Count(takes));

    /// <summary>Those whose images can be decoded.</summary>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="maxPixels">Of the largest image that is decoded.</param>
    /// <param name="skipped">Told of each that cannot.</param>
    /// <param name="cancellation">Ends it.</param>
    public MarkedPart WithoutBad(MLContext mlContext, long maxPixels, Action<string> skipped, CancellationToken cancellation)
    {
        string[] paths = [.. PathsOf(Rows).Distinct()];
        var faults = new string?[paths.Length];
        var (reporting, progress, done) = (new Lock(), new ProgressLines(), 0);
        InParallel.For(paths.Length, Environment.ProcessorCount, cancellation, index =>
        {
            faults[index] = PhotoFault.Of(paths[index], maxPixels);
            lock (reporting)
                progress.Report(new ImageReadingProgress("checked", ++done, paths.Length));
        });
        var bad = new HashSet<string>();
        foreach (var (path, fault) in paths.Zip(faults))
            if (fault is not null && bad.Add(path))
                skipped($"'{VisibleText.OfPath(path)}': {fault}");
        return bad.Count == 0 ? this : Of(mlContext, Rows, path => !bad.Contains(path));
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
