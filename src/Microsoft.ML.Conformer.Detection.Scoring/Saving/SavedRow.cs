using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>What a saved detector adds to each row, for ML.NET to look up the detector by.</summary>
internal sealed class DetectorKey
{
    public const uint Only = 1;

    [ColumnName(DetectorPipeline.KeyColumn)]
    public uint Key { get; set; }
}

/// <summary>A row without any columns that are needed.</summary>
internal sealed class AnyRow;

/// <summary>A row with the path of a photo.</summary>
internal class PathRow
{
    /// <summary>The detector, the same text in all rows.</summary>
    [ColumnName(DetectorPipeline.DetectorColumn)]
    public ReadOnlyMemory<char> Detector { get; set; }

    [ColumnName(DetectorPipeline.PhotoColumn)]
    public ReadOnlyMemory<char> Photo { get; set; }
}

/// <summary>A row with a photo of any size.</summary>
internal class PhotoRow
{
    /// <inheritdoc cref="PathRow.Detector"/>
    [ColumnName(DetectorPipeline.DetectorColumn)]
    public ReadOnlyMemory<char> Detector { get; set; }

    [ColumnName(DetectorPipeline.PhotoColumn)]
    [ImageType(1, 1)]
    public MLImage? Photo { get; set; }
}

/// <summary>What is found in it.</summary>
internal sealed class FoundRow
{
    [ColumnName(DetectorPipeline.LabelColumn)]
    public ReadOnlyMemory<char>[] Labels { get; set; } = [];

    [ColumnName(DetectorPipeline.ScoreColumn)]
    public float[] Scores { get; set; } = [];

    [ColumnName(DetectorPipeline.BoxColumn)]
    public float[] Boxes { get; set; } = [];

    [ColumnName(DetectorPipeline.MaskColumn)]
    public ReadOnlyMemory<char>[] Masks { get; set; } = [];
}
