using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>
/// A network as a chain of ML.NET's own transformers, which mlContext.Model.Load opens in an app that has this library: the network is
/// text in a table, in pieces, and a custom mapping takes it from there.
/// </summary>
/// <remarks>ML.NET keeps what else it would take, a transformer's loader, to itself.</remarks>
internal static class SavedPipeline
{
    public const string KeyColumn = "__ConformerKey", NetworkColumn = "__ConformerNetwork", PhotoColumn = "__ConformerPhoto";

    /// <param name="environment">Makes the transformers.</param>
    /// <param name="metadata">What the network's file says of it.</param>
    /// <param name="onnx">The file.</param>
    /// <param name="imageColumnName">The column that has the photos.</param>
    /// <param name="score">Makes columns of the network's own of a photo and the network.</param>
    /// <param name="output">Makes the columns of a user's of these.</param>
    /// <param name="own">The columns of the network's own.</param>
    public static ITransformer Of(IHostEnvironment environment, PhotoMetadata metadata, byte[] onnx, string imageColumnName,
        IEstimator<ITransformer> score, IEnumerable<IEstimator<ITransformer>> output, params string[] own)
    {
        var transforms = CallerEnvironment.Transforms(environment);
        var table = PackedText.Write(onnx).Select((piece, number) => KeyValuePair.Create(number, piece.AsMemory()));
        IEstimator<ITransformer> pipeline = transforms.CopyColumns(PhotoColumn, imageColumnName)
            .Append(transforms.CustomMapping<AnyRow, NetworkKeys>(KeyMapping.Map, KeyMapping.Contract))
            .Append(transforms.Conversion.MapValue(NetworkColumn, table, KeyColumn))
            .Append(score);
        foreach (var made in output)
            pipeline = pipeline.Append(made);
        return pipeline.Append(transforms.DropColumns([KeyColumn, NetworkColumn, PhotoColumn, .. own]))
            .Fit(NoRows(CallerEnvironment.Data(environment), metadata.IsOfFiles, imageColumnName));
    }

    private static IDataView NoRows(DataOperationsCatalog data, bool isOfFiles, string image)
    {
        var definition = SchemaDefinition.Create(isOfFiles ? typeof(PathRow) : typeof(PhotoRow));
        definition.Remove(definition.Single(column => column.MemberName == nameof(PathRow.Network)));
        definition.Single().ColumnName = image;
        return isOfFiles
            ? data.LoadFromEnumerable(Array.Empty<PathRow>(), definition)
            : data.LoadFromEnumerable(Array.Empty<PhotoRow>(), definition);
    }
}

/// <summary>Gives each row the keys that the network's pieces are looked up by.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class KeyMapping : CustomMappingFactory<AnyRow, NetworkKeys>
{
    public const string Contract = "Microsoft.ML.Conformer.Detection.Keys";

    private static readonly int[] _keys = [.. Enumerable.Range(0, PackedText.MostPieces)];

    public override Action<AnyRow, NetworkKeys> GetMapping() => Map;

    public static void Map(AnyRow row, NetworkKeys keys) => keys.Keys = _keys;
}
