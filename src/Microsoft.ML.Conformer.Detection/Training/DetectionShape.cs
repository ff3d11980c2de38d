using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>What a detector adds to a schema's shape.</summary>
internal static class DetectionShape
{
    public static SchemaShape Of(IHostEnvironment environment, SchemaShape input, DetectorColumns columns, bool hasMasks)
    {
        ShapeColumns.FindImage(input, columns.Image);
        var added = SchemaDefinition.Create(hasMasks ? typeof(WithMasks) : typeof(WithBoxes));
        added[nameof(WithBoxes.PredictedLabel)].ColumnName = columns.PredictedLabel;
        added[nameof(WithBoxes.PredictedLabel)].ColumnType = new VectorDataViewType(new KeyDataViewType(typeof(uint), 2)); // some number
        added[nameof(WithBoxes.Score)].ColumnName = columns.Score;
        added[nameof(WithBoxes.PredictedBoundingBoxes)].ColumnName = columns.Boxes;
        if (!hasMasks)
            return ShapeColumns.Add<WithBoxes>(environment, input, added);
        added[nameof(WithMasks.PredictedMasks)].ColumnName = columns.Masks;
        return ShapeColumns.Add<WithMasks>(environment, input, added);
    }

    private class WithBoxes
    {
        public uint[] PredictedLabel { get; set; } = [];
        public float[] Score { get; set; } = [];
        public float[] PredictedBoundingBoxes { get; set; } = [];
    }

    private sealed class WithMasks : WithBoxes
    {
        public string[] PredictedMasks { get; set; } = [];
    }
}
