using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>A detector as a <see cref="SavedPipeline"/>.</summary>
internal static class DetectorPipeline
{
    public const string LabelColumn = "__ConformerLabels", ScoreColumn = "__ConformerScores", BoxColumn = "__ConformerBoxes",
        MaskColumn = "__ConformerMasks";

    public static ITransformer Of(IHostEnvironment environment, DetectorModel model, DetectorColumns names)
    {
        var transforms = CallerEnvironment.Transforms(environment);
        List<IEstimator<ITransformer>> output =
        [
            transforms.Conversion.MapValueToKey(
                names.PredictedLabel, LabelColumn, keyData: Names(CallerEnvironment.Data(environment), model.Labels.Names)),
            transforms.CopyColumns(names.Score, ScoreColumn), transforms.CopyColumns(names.Boxes, BoxColumn),
        ];
        if (model.Architecture.HasMasks)
            output.Add(transforms.CopyColumns(names.Masks, MaskColumn));
        return SavedPipeline.Of(
            environment, model.Metadata, model.Onnx, names.Image,
            model.Metadata.IsOfFiles
                ? transforms.CustomMapping<PathRow, FoundRow>(FoundRow.Detect, PathMapping.Contract)
                : transforms.CustomMapping<PhotoRow, FoundRow>(FoundRow.Detect, PhotoMapping.Contract),
            output, LabelColumn, ScoreColumn, BoxColumn, MaskColumn);
    }

    /// <summary>The classes, as text whatever they are in the label column.</summary>
    private static IDataView Names(DataOperationsCatalog data, IReadOnlyList<string> names) =>
        data.LoadFromEnumerable(names.Select(name => new ClassName { Name = name }));

    private sealed class ClassName
    {
        public string Name { get; set; } = "";
    }
}
