using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>The classes of a row's photo, as a saved network for segmentation gives them.</summary>
internal sealed class SegmentedRow
{
    [ColumnName(SegmenterPipeline.LabelColumn)]
    public byte[] Labels { get; set; } = [];

    [ColumnName(SegmenterPipeline.SizeColumn)]
    [VectorType(2)]
    public int[] Size { get; set; } = [];

    /// <summary>Writes the classes that the row's network gives its photo.</summary>
    public static void Segment(ISavedRow row, SegmentedRow segmented)
    {
        var map = SavedNetwork<SegmenterMetadata, LabelMap>.Of(row, Open).Score(row);
        (segmented.Labels, segmented.Size) = (map.Values, [map.Height, map.Width]);
    }

    private static (SegmenterMetadata, PhotoSession<LabelMap>) Open(ByteSource file, ScoringOptions options)
    {
        var model = SegmenterModel.Read(file);
        return (model.Metadata, new SegmenterSession(new MLContext(), model, options, typeof(SegmenterPipeline)));
    }
}

/// <summary>Segments photos that ML.NET has decoded.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class SegmentedPhotoMapping : CustomMappingFactory<PhotoRow, SegmentedRow>
{
    public const string Contract = "Microsoft.ML.Conformer.Segmentation.Photos";

    public override Action<PhotoRow, SegmentedRow> GetMapping() => SegmentedRow.Segment;
}

/// <summary>Segments files of photos.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class SegmentedPathMapping : CustomMappingFactory<PathRow, SegmentedRow>
{
    public const string Contract = "Microsoft.ML.Conformer.Segmentation.Paths";

    public override Action<PathRow, SegmentedRow> GetMapping() => SegmentedRow.Segment;
}
