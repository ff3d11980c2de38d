using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>
/// A network for segmentation as a <see cref="SavedPipeline"/>. Its column of classes has no annotation that names them: a custom mapping's
/// columns have none once it is loaded.
/// </summary>
internal static class SegmenterPipeline
{
    public const string LabelColumn = "__ConformerPixelLabels", SizeColumn = "__ConformerPixelSize";

    public static ITransformer Of(IHostEnvironment environment, SegmenterModel model, SegmenterColumns names)
    {
        var transforms = CallerEnvironment.Transforms(environment);
        return SavedPipeline.Of(
            environment, model.Metadata, model.Onnx, names.Image,
            model.Metadata.IsOfFiles
                ? transforms.CustomMapping<PathRow, SegmentedRow>(SegmentedRow.Segment, SegmentedPathMapping.Contract)
                : transforms.CustomMapping<PhotoRow, SegmentedRow>(SegmentedRow.Segment, SegmentedPhotoMapping.Contract),
            [transforms.CopyColumns(names.PredictedLabels, LabelColumn), transforms.CopyColumns(names.Size, SizeColumn)],
            LabelColumn, SizeColumn);
    }
}
