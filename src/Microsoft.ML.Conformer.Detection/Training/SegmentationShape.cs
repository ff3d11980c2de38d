using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>What a network for segmentation adds to a schema's shape.</summary>
internal static class SegmentationShape
{
    public static SchemaShape Of(IHostEnvironment environment, SchemaShape input, SegmenterColumns columns)
    {
        ShapeColumns.FindImage(input, columns.Image);
        var added = SchemaDefinition.Create(typeof(WithLabels));
        added[nameof(WithLabels.PredictedLabels)].ColumnName = columns.PredictedLabels;
        added[nameof(WithLabels.PredictedLabelsSize)].ColumnName = columns.Size;
        return ShapeColumns.Add<WithLabels>(environment, input, added);
    }

    private sealed class WithLabels
    {
        public byte[] PredictedLabels { get; set; } = [];

        [VectorType(2)]
        public int[] PredictedLabelsSize { get; set; } = [];
    }
}
