using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>Finds the detector in a file: a zip that mlContext.Model.Save wrote, an ONNX file, or weights.</summary>
internal static class DetectorFile
{
    /// <summary>Whether a file says that it is a detector; it may still be damaged.</summary>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static bool IsOne(string path, CancellationToken cancellation = default)
    {
        using var source = ByteSource.OpenFile(path);
        try
        {
            if (CheckpointFile.IsOne(source))
            {
                using var weights = CheckpointFile.Open(source);
                return DetectorShape.IsIn(weights);
            }
            return ModelFile.IsZip(source)
                ? NetworkZip.Has(source, PathMapping.Contract, PhotoMapping.Contract)
                : DetectorMetadata.IsIn(OnnxContent.Read(source, cancellation).Metadata);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Reads a detector; nothing of what is read is run, and only the weights' values are kept.</summary>
    /// <exception cref="ArgumentException">The options do not fit the file.</exception>
    /// <exception cref="FormatException">It is no detector, or damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are of no detector, or of another one.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static DetectorModel Read(IHostEnvironment environment, ByteSource source, DetectorWeightOptions options)
    {
        if (CheckpointFile.IsOne(source))
            return OfWeights(environment, source, options);
        if (options.Given().ToList() is { Count: > 0 } given)
            throw new ArgumentException(
                $"{string.Join(", ", given)}: these are for weight files; '{VisibleText.OfPath(source.Name)}' is none, and says them " +
                "itself.",
                nameof(options));
        using var onnx = NetworkZip.Unzipped(environment, source);
        return DetectorModel.Read(onnx, options.CancellationToken);
    }

    /// <summary>What is wrong with options, one sentence for each fault.</summary>
    public static IEnumerable<string> Faults(DetectorWeightOptions options) => [.. options.Faults(), .. ImagesOf(options).Faults()];

    private static DetectorPreprocessing ImagesOf(DetectorWeightOptions options)
    {
        var published = new DetectorPreprocessing();
        return published with
        {
            LongestSide = options.LongestSide ?? published.LongestSide,
            ShortestSide = options.ShortestSide ?? published.ShortestSide,
        };
    }

    private static DetectorModel OfWeights(IHostEnvironment environment, ByteSource source, DetectorWeightOptions options)
    {
        using var channel = environment.Start(nameof(DetectorFile));
        using var file = CheckpointFile.Open(source, options.Average);
        var architecture = options.Architecture ?? DetectorShape.Of(file.Name, file);
        if (((string[])[.. architecture.Faults(), .. PhotoMetadata.Faults(architecture.Backbone)]).ToList() is { Count: > 0 } faults)
            throw new WeightMismatchException(file.Name, faults, "There is no detector of the shape that they tell.");
        options.CancellationToken.ThrowIfCancellationRequested();
        var plan = BackboneWeights.Match(architecture, file, isWhole: true);
        foreach (var note in plan.Notes)
            channel.Info(MessageSensitivity.None, "{0}", note);
        try
        {
            return DetectorModel.Of(
                architecture, options.Rules ?? new DetectionRules(), ImagesOf(options),
                Labels(architecture, file, options, note => channel.Info(MessageSensitivity.None, "{0}", note)), plan);
        }
        catch (OnnxExportException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static ClassLabels Labels(
        DetectorArchitecture architecture, CheckpointFile file, DetectorWeightOptions options, Action<string> tell)
    {
        var (path, classes) = (VisibleText.OfPath(file.Name), architecture.NumClasses);
        if (options.ClassNames is { } given && given.Count != classes)
            throw new ArgumentException(
                $"{nameof(options.ClassNames)} has {given.Count} names; the weights in '{path}' are for {classes} classes.",
                nameof(options));
        if ((options.ClassNames ?? file.ClassNames) is null)
            tell($"The weights in '{path}' do not name their {classes} classes: " +
                (classes == CocoClasses.Names.Count ? "they are taken for COCO's. " : "they have numbers for names. ") +
                $"{nameof(options.ClassNames)} names them.");
        var names = options.ClassNames ?? file.ClassNames ?? (classes == CocoClasses.Names.Count
            ? CocoClasses.Names
            : [.. Enumerable.Range(0, classes).Select(index => index.ToString(CultureInfo.InvariantCulture))]);
        var faults = WeightFileOptions.NameFaults("meta.CLASSES", names).ToList();
        if (names.Count != classes)
            faults.Insert(0, $"meta.CLASSES has {names.Count} names; the weights are for {classes} classes.");
        return faults.Count == 0
            ? LabelType.Restore([.. names], type: null)
            : throw new CheckpointFormatException(
                file.Name, $"its classes cannot be told apart. {string.Join(" ", faults)} Give {nameof(options.ClassNames)}.");
    }
}
