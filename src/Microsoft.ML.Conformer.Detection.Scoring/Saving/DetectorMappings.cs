using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>Gives each row the keys that the detector's pieces are looked up by.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class KeyMapping : CustomMappingFactory<AnyRow, DetectorKeys>
{
    public const string Contract = "Microsoft.ML.Conformer.Detection.Keys";

    private static readonly int[] _keys = [.. Enumerable.Range(0, PackedText.MostPieces)];

    public override Action<AnyRow, DetectorKeys> GetMapping() => Map;

    public static void Map(AnyRow row, DetectorKeys keys) => keys.Keys = _keys;
}

/// <summary>Detects in photos that ML.NET has decoded.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class PhotoMapping : CustomMappingFactory<PhotoRow, FoundRow>
{
    public const string Contract = "Microsoft.ML.Conformer.Detection.Photos";

    public override Action<PhotoRow, FoundRow> GetMapping() => Map;

    public static void Map(PhotoRow row, FoundRow found) => SavedDetector.Of(row.Detector).Detect(
        decoding => RgbImage.FromMLImage(
            row.Photo ?? throw new InvalidDataException("A row holds no image; it cannot be scored."), decoding.Background),
        found);
}

/// <summary>Detects in files of photos.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class PathMapping : CustomMappingFactory<PathRow, FoundRow>
{
    public const string Contract = "Microsoft.ML.Conformer.Detection.Paths";

    public override Action<PathRow, FoundRow> GetMapping() => Map;

    public static void Map(PathRow row, FoundRow found) => SavedDetector.Of(row.Detector).Detect(
        decoding => new RowImage(null, null, row.Photo.ToString()).Decode(decoding), found);
}
