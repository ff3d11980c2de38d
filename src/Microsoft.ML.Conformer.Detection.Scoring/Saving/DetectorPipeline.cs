using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>
/// A detector as a chain of ML.NET's own transformers, which mlContext.Model.Load opens in an app that has this library: the detector is
/// text in a table, in pieces, and a custom mapping takes it from there.
/// </summary>
/// <remarks>ML.NET keeps what else it would take, a transformer's loader, to itself.</remarks>
internal static class DetectorPipeline
{
    public const string KeyColumn = "__ConformerKey", DetectorColumn = "__ConformerDetector", PhotoColumn = "__ConformerPhoto",
        LabelColumn = "__ConformerLabels", ScoreColumn = "__ConformerScores", BoxColumn = "__ConformerBoxes",
        MaskColumn = "__ConformerMasks";

    public static ITransformer Of(IHostEnvironment environment, DetectorModel model, DetectorColumns names)
    {
        var (transforms, data) = (CallerEnvironment.Transforms(environment), CallerEnvironment.Data(environment));
        var table = PackedText.Write(model.Onnx).Select((piece, number) => KeyValuePair.Create(number, piece.AsMemory()));
        IEstimator<ITransformer> detect = model.Metadata.IsOfFiles
            ? transforms.CustomMapping<PathRow, FoundRow>(PathMapping.Map, PathMapping.Contract)
            : transforms.CustomMapping<PhotoRow, FoundRow>(PhotoMapping.Map, PhotoMapping.Contract);
        List<(string From, string To)> results = [(ScoreColumn, names.Score), (BoxColumn, names.Boxes)];
        if (model.Architecture.HasMasks)
            results.Add((MaskColumn, names.Masks));
        IEstimator<ITransformer> pipeline = transforms.CopyColumns(PhotoColumn, names.Image)
            .Append(transforms.CustomMapping<AnyRow, DetectorKeys>(KeyMapping.Map, KeyMapping.Contract))
            .Append(transforms.Conversion.MapValue(DetectorColumn, table, KeyColumn))
            .Append(detect)
            .Append(transforms.Conversion.MapValueToKey(
                names.PredictedLabel, LabelColumn, keyData: Names(data, model.Labels.Names)));
        foreach (var (from, to) in results)
            pipeline = pipeline.Append(transforms.CopyColumns(to, from));
        return pipeline
            .Append(transforms.DropColumns(
                KeyColumn, DetectorColumn, PhotoColumn, LabelColumn, ScoreColumn, BoxColumn, MaskColumn))
            .Fit(NoRows(data, model.Metadata.IsOfFiles, names.Image));
    }

    /// <summary>The detector's file out of a zip that <c>mlContext.Model.Save</c> wrote, with one in it.</summary>
    /// <exception cref="FormatException">ML.NET does not open it, or there is none, or there are several.</exception>
    public static ByteSource Read(IHostEnvironment environment, ByteSource zip)
    {
        var tables = Steps(Load(environment, zip)).OfType<ValueMappingTransformer>().Select(table => PiecesOf(environment, table))
            .OfType<ReadOnlyMemory<char>[]>().ToList();
        return tables.Count == 1
            ? ByteSource.FromMemory(zip.Name, PackedText.Read(tables[0]))
            : throw new FormatException(
                tables.Count == 0 ? "It is a zip without an object detector." : $"It is a zip with {tables.Count} object detectors.");
    }

    private static ITransformer Load(IHostEnvironment environment, ByteSource zip)
    {
        try
        {
            using var file = File.OpenRead(zip.Name);
            return CallerEnvironment.Model(environment).Load(file, out _);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException)) // whatever is in it
        {
            throw new FormatException($"ML.NET does not open it: {VisibleText.Reason(e)}", e);
        }
    }

    private static IEnumerable<ITransformer> Steps(ITransformer one) =>
        one is IEnumerable<ITransformer> chain ? chain.SelectMany(Steps) : [one];

    /// <summary>The pieces that a table holds; null where it is another table.</summary>
    private static ReadOnlyMemory<char>[]? PiecesOf(IHostEnvironment environment, ValueMappingTransformer table)
    {
        var keys = new DetectorKeys();
        KeyMapping.Map(new AnyRow(), keys);
        var rows = CallerEnvironment.Data(environment).LoadFromEnumerable([keys]);
        try
        {
            if (table.GetOutputSchema(rows.Schema).GetColumnOrNull(DetectorColumn) is null)
                return null;
        }
        catch (ArgumentOutOfRangeException) // it takes another column
        {
            return null;
        }
        return table.Transform(rows).GetColumn<ReadOnlyMemory<char>[]>(DetectorColumn).Single();
    }

    /// <summary>The classes, as text whatever they are in the label column.</summary>
    private static IDataView Names(DataOperationsCatalog data, IReadOnlyList<string> names) =>
        data.LoadFromEnumerable(names.Select(name => new ClassName { Name = name }));

    private static IDataView NoRows(DataOperationsCatalog data, bool isOfFiles, string image)
    {
        var definition = SchemaDefinition.Create(isOfFiles ? typeof(PathRow) : typeof(PhotoRow));
        definition.Remove(definition.Single(column => column.MemberName == nameof(PathRow.Detector)));
        definition.Single().ColumnName = image;
        return isOfFiles
            ? data.LoadFromEnumerable(Array.Empty<PathRow>(), definition)
            : data.LoadFromEnumerable(Array.Empty<PhotoRow>(), definition);
    }

    private sealed class ClassName
    {
        public string Name { get; set; } = "";
    }
}
