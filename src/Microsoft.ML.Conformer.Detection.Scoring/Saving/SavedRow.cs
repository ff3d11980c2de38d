using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>What a saved detector adds to each row, for ML.NET to look up the detector by.</summary>
internal sealed class DetectorKeys
{
    /// <summary>The number of each piece, from 0; there may be fewer of them.</summary>
    [ColumnName(DetectorPipeline.KeyColumn)]
    [VectorType(PackedText.MostPieces)]
    public int[] Keys { get; set; } = [];
}

/// <summary>A row without any columns that are needed.</summary>
internal sealed class AnyRow;

/// <summary>A row with the path of a photo.</summary>
internal sealed class PathRow
{
    /// <summary>The detector, the same text in all rows; pieces that there are not are empty.</summary>
    [ColumnName(DetectorPipeline.DetectorColumn)]
    [VectorType(PackedText.MostPieces)]
    public VBuffer<ReadOnlyMemory<char>> Detector { get; set; }

    [ColumnName(DetectorPipeline.PhotoColumn)]
    public ReadOnlyMemory<char> Photo { get; set; }
}

/// <summary>A row with a photo of any size.</summary>
internal sealed class PhotoRow
{
    /// <inheritdoc cref="PathRow.Detector"/>
    [ColumnName(DetectorPipeline.DetectorColumn)]
    [VectorType(PackedText.MostPieces)]
    public VBuffer<ReadOnlyMemory<char>> Detector { get; set; }

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
