using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>A detector as a <see cref="SavedPipeline"/>.</summary>
internal static class DetectorPipeline
{
    public const string LabelColumn = "__ConformerLabels", ScoreColumn = "__ConformerScores", BoxColumn = "__ConformerBoxes",
        MaskColumn = "__ConformerMasks";

    public static ITransformer Of(IHostEnvironment environment, DetectorModel model, DetectorColumns names)
    {
        var transforms = CallerEnvironment.Transforms(environment);
        List<IEstimator<ITransformer>> output =
        [
            transforms.Conversion.MapValueToKey(
                names.PredictedLabel, LabelColumn, keyData: Names(CallerEnvironment.Data(environment), model.Labels.Names)),
            transforms.CopyColumns(names.Score, ScoreColumn), transforms.CopyColumns(names.Boxes, BoxColumn),
        ];
        if (model.Architecture.HasMasks)
            output.Add(transforms.CopyColumns(names.Masks, MaskColumn));
        return SavedPipeline.Of(
            environment, model.Metadata, model.Onnx, names.Image,
            model.Metadata.IsOfFiles
                ? transforms.CustomMapping<PathRow, FoundRow>(FoundRow.Detect, PathMapping.Contract)
                : transforms.CustomMapping<PhotoRow, FoundRow>(FoundRow.Detect, PhotoMapping.Contract),
            output, LabelColumn, ScoreColumn, BoxColumn, MaskColumn);
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

    private sealed class ClassName
    {
        public string Name { get; set; } = "";
    }
}
