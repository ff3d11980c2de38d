using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>An image with what is in it and what was found; classes are places in one list.</summary>
/// <param name="Path">The image's file, where the data tells.</param>
/// <param name="Objects">What is in it.</param>
/// <param name="Found">What was found.</param>
internal sealed record ScoredImage(string? Path, IReadOnlyList<TrueObject> Objects, IReadOnlyList<FoundObject> Found);

/// <summary>Reads images whose objects are known, and what a detector found in them, out of a data view.</summary>
internal sealed class ScoredRows
{
    private readonly IDataView _data;
    private readonly ObjectColumns _true;
    private readonly FoundColumns _found;
    private readonly string? _path;
    private readonly int[] _classOfFound;
    private readonly IProgress<ImageReadingProgress>? _progress;
    private readonly CancellationToken _cancellation;

    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of another type.</exception>
    public ScoredRows(IDataView data, DetectionEvaluationOptions options)
    {
        var schema = data.Schema;
        string? IfThere(string name) => schema.GetColumnOrNull(name) is null ? null : name;
        (_data, _progress, _cancellation) = (data, options.Progress, options.CancellationToken);
        _path = schema.GetColumnOrNull(options.ImagePathColumnName)?.Type is TextDataViewType ? options.ImagePathColumnName : null;
        var (masks, foundMasks) = (IfThere(options.MaskColumnName), IfThere(options.PredictedMaskColumnName));
        var hasMasks = masks is not null && foundMasks is not null && HasAny(masks);
        if (hasMasks && _path is null)
            throw ColumnErrors.Missing(
                "image path", options.ImagePathColumnName, schema,
                "It must be text: masks are compared, for which the images' sizes are needed. Name another column, or drop the masks.");
        _true = new ObjectColumns(
            options.LabelColumnName, options.BoundingBoxColumnName, hasMasks ? masks : null, options.IsCrowdColumnName,
            options.AreaColumnName);
        _found = new FoundColumns(
            options.PredictedLabelColumnName, options.ScoreColumnName, options.PredictedBoundingBoxColumnName,
            hasMasks ? foundMasks : null);
        var (names, found) = (ClassLabels.Of(_true.Check(schema)).Names, ClassLabels.Of(_found.Check(schema)).Names);
        // A detector may know classes that these images have not, and the other way round.
        ClassNames = [.. names, .. found.Except(names)];
        var places = ClassNames.Index().ToDictionary(one => one.Item, one => one.Index);
        _classOfFound = [.. found.Select(name => places[name])];
    }

    /// <summary>The true classes, and behind them those that the detector alone has.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    public bool HasMasks => _found.Masks is not null;

    /// <exception cref="InvalidDataException">The columns do not fit together, or an image's size cannot be read.</exception>
    public IEnumerable<ScoredImage> Read()
    {
        string?[] names = [_true.Label, .. _true.Others(_data.Schema), .. _found.All, _path];
        using var cursor = _data.GetRowCursor(names.OfType<string>().Select(name => _data.Schema[name]));
        var (objects, found) = (_true.Bind(cursor), _found.Bind(cursor));
        var path = _path is null ? null : cursor.GetGetter<ReadOnlyMemory<char>>(_data.Schema[_path]);
        ReadOnlyMemory<char> text = default;
        var (total, read) = (_data.GetRowCount(), 0L);
        while (cursor.MoveNext())
        {
            _cancellation.ThrowIfCancellationRequested();
            path?.Invoke(ref text);
            var file = text.IsEmpty ? null : text.ToString();
            var size = HasMasks ? SizeOf(file, cursor.Position) : default;
            var marked = objects();
            if (HasMasks)
                marked.ThrowIfOfAnotherSize(size, $"Row {cursor.Position}, '{VisibleText.OfPath(file!)}'");
            yield return new ScoredImage(
                file,
                [.. marked.Objects.Select(one => one.ToTrue(size, HasMasks))],
                [.. found(size).Select(one => one with { ClassIndex = _classOfFound[one.ClassIndex] })]);
            _progress?.Report(new ImageReadingProgress("evaluation", ++read, total));
        }
    }

    private bool HasAny(string masks)
    {
        using var cursor = _data.GetRowCursor([_data.Schema[masks]]);
        ObjectVector.Find(_data.Schema, masks, "mask", "a vector of text", ObjectVector.AreTexts);
        var texts = ObjectVector.Getter<ReadOnlyMemory<char>>(cursor, masks);
        while (cursor.MoveNext())
            if (texts().Any(text => !text.IsEmpty))
                return true;
        return false;
    }

    private static ImageSize SizeOf(string? path, long row)
    {
        if (path is null)
            throw new InvalidDataException($"Row {row} has no image path; masks are compared, for which the image's size is needed.");
        var (height, width, fault) = ImageFileSize.Of(path);
        return fault is null
            ? new ImageSize(height, width)
            : throw new InvalidDataException($"Row {row}, '{VisibleText.OfPath(path)}': {fault}.");
    }
}
