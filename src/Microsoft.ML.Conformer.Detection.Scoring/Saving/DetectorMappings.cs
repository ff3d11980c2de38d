using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>What a saved detector finds in a row's photo.</summary>
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

    /// <summary>Writes what the row's detector finds in its photo.</summary>
    public static void Detect(ISavedRow row, FoundRow found)
    {
        var network = SavedNetwork<DetectorMetadata, Detections>.Of(row, Open);
        var (all, metadata) = (network.Score(row), network.Metadata);
        found.Labels = [.. all.Found.Select(one => metadata.Labels[one.Label].AsMemory())];
        found.Scores = [.. all.Found.Select(one => one.Score)];
        found.Boxes = [.. all.Found.SelectMany(one => new[] { one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1 })];
        found.Masks = metadata.Architecture.HasMasks
            ? [.. all.Found.Select(one => all.MaskOf(one, metadata.Rules.MaskThreshold))] : [];
    }

    private static (DetectorMetadata, PhotoSession<Detections>) Open(ByteSource file, ScoringOptions options)
    {
        var model = DetectorModel.Read(file);
        return (model.Metadata, new DetectorSession(new MLContext(), model, options, typeof(DetectorPipeline)));
    }
}

/// <summary>Detects in photos that ML.NET has decoded.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class PhotoMapping : CustomMappingFactory<PhotoRow, FoundRow>
{
    public const string Contract = "Microsoft.ML.Conformer.Detection.Photos";

    public override Action<PhotoRow, FoundRow> GetMapping() => FoundRow.Detect;
}

/// <summary>Detects in files of photos.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class PathMapping : CustomMappingFactory<PathRow, FoundRow>
{
    public const string Contract = "Microsoft.ML.Conformer.Detection.Paths";

    public override Action<PathRow, FoundRow> GetMapping() => FoundRow.Detect;
}
