using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Models;

/// <summary>A classifier as its weights were published, or out of a weight file: not trained here.</summary>
internal static class UntrainedClassifier
{
    /// <summary>Height and width in pixels at which the published networks were evaluated.</summary>
    private const int ImageSize = 224;

    public static TrainedModel Open(
        IHostEnvironment environment, string pathOrName, ScoringColumns columns, WeightFileOptions options) =>
        Open(environment, pathOrName, columns, options, log => PretrainedWeights.OpenClassifier(
            pathOrName, options.Average, new WeightDownloadOptions { Progress = options.DownloadProgress, Log = log },
            options.CancellationToken));

    /// <summary>Opens what <paramref name="source"/> holds, and owns it from now on.</summary>
    public static TrainedModel Open(
        IHostEnvironment environment, ByteSource source, ScoringColumns columns, WeightFileOptions options) =>
        Open(environment, source.Name, columns, options, _ => PretrainedWeights.OpenClassifier(source, options.Average));

    private static TrainedModel Open(
        IHostEnvironment environment, string name, ScoringColumns columns, WeightFileOptions options,
        Func<Action<string>, PretrainedWeights> open)
    {
        using var channel = environment.Start(nameof(PretrainedWeights));
        void Info(string message) => channel.Info(MessageSensitivity.None, "{0}", message);

        using var weights = open(Info);
        var (plan, classes) = (weights.Plan, weights.Architecture.NumClasses);
        if (options.ClassNames is { } given && given.Count != classes)
            throw new ArgumentException(
                $"{nameof(options.ClassNames)} has {given.Count} names; the weights in '{VisibleText.OfPath(name)}' are for " +
                $"{classes} classes.",
                nameof(options));
        foreach (var note in plan.Notes)
            Info(note);
        var names = options.ClassNames ?? (classes == ImageNetClasses.Names.Count
            ? ImageNetClasses.Names
            : [.. Enumerable.Range(0, classes).Select(index => index.ToString(CultureInfo.InvariantCulture))]);
        var labels = LabelType.Restore([.. names], type: null);
        return new TrainedModel(
            weights.Architecture, new StoredWeights(plan, plan.Names, weights.Architecture), ImageSize, labels, columns);
    }
}
