using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Models;

/// <summary>A classifier as its weights were published, or out of a weight file: not trained here.</summary>
internal static class UntrainedClassifier
{
    /// <summary>Height and width in pixels at which the published networks were evaluated.</summary>
    private const int ImageSize = 224;

    /// <summary>Whether a text is the path of a weight file, or no file at all but perhaps a published name.</summary>
    public static bool IsMeant(string pathOrName) =>
        File.Exists(pathOrName) ? CheckpointFile.IsOne(pathOrName) : !Directory.Exists(pathOrName);

    public static TrainedModel Open(
        IHostEnvironment environment, string pathOrName, ScoringColumns columns, WeightFileOptions options)
    {
        using var channel = environment.Start(nameof(PretrainedWeights));
        void Info(string message) => channel.Info(MessageSensitivity.None, "{0}", message);

        var download = new WeightDownloadOptions { Progress = options.DownloadProgress, Log = Info };
        using var weights = PretrainedWeights.OpenClassifier(pathOrName, options.Average, download, options.CancellationToken);
        var (plan, classes) = (weights.Plan, weights.Architecture.NumClasses);
        if (options.ClassNames is { } given && given.Count != classes)
            throw new ArgumentException(
                $"{nameof(options.ClassNames)} has {given.Count} names; the weights in '{pathOrName}' are for {classes} classes.",
                nameof(options));
        foreach (var note in plan.Notes)
            Info(note);
        var names = options.ClassNames ?? (classes == ImageNetClasses.Names.Count
            ? ImageNetClasses.Names
            : [.. Enumerable.Range(0, classes).Select(index => index.ToString(CultureInfo.InvariantCulture))]);
        var labels = LabelType.Restore([.. names], type: null);
        return new TrainedModel(weights.Architecture, new StoredWeights(plan, plan.Names), ImageSize, labels, columns);
    }
}
