using System.Diagnostics;
using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Distillation;

/// <summary>A fitted classifier as a giver of class probabilities in the order of the training classes.</summary>
internal sealed class Teacher
{
    private const string Option = nameof(ImageClassificationTrainerOptions) + ".Distillation.Teacher";
    private const string Advice = "Give another one, or change Distillation.TeacherScoreColumnName.";

    /// <summary>How far a row of probabilities may add up to another number than 1: for roundings, also those of 8-bit models.</summary>
    private const double Rounding = 0.02;

    private readonly ITransformer _transformer;
    private readonly DataOperationsCatalog _data;
    private readonly SchemaDefinition _schema;
    private readonly string _scoreColumnName;
    private readonly bool _givesLogits, _isHard;

    /// <summary>For each training class the slot of the teacher's scores; null where the order is the same.</summary>
    private readonly int[]? _slots;

    /// <param name="environment">The caller's.</param>
    /// <param name="options">With a teacher.</param>
    /// <param name="imageColumnName">The image column that it reads.</param>
    /// <param name="labels">The training classes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The teacher has not the columns that are needed, or other classes.</exception>
    public Teacher(IHostEnvironment environment, DistillationOptions options, string imageColumnName, ClassLabels labels)
    {
        (_transformer, _scoreColumnName) = (options.Teacher!, options.TeacherScoreColumnName);
        (_givesLogits, _isHard) = (options.TeacherGivesLogits, options.Kind == DistillationKind.Hard);
        _data = CallerEnvironment.Data(environment);
        _schema = SchemaDefinition.Create(typeof(Row));
        _schema[nameof(Row.Image)].ColumnName = imageColumnName;
        ClassCount = labels.Count;
        _slots = SlotsOf(ScoreColumn(OutputSchema(imageColumnName)), labels);
    }

    /// <summary>C.</summary>
    public int ClassCount { get; }

    /// <summary>Scores images, on the calling thread or threads of the teacher's.</summary>
    /// <param name="images">N images of any sizes.</param>
    /// <param name="nameOf">What a user knows an image by, from its place among them.</param>
    /// <param name="scores">
    /// Receives [N, C], or more: probabilities, or 1 for the class of the highest score where only that counts.
    /// </param>
    /// <param name="cancellation">Looked at from image to image.</param>
    /// <exception cref="InvalidDataException">Scores are not probabilities; the message names the image.</exception>
    public void Score(IReadOnlyList<RgbImage> images, Func<int, string> nameOf, Span<float> scores, CancellationToken cancellation)
    {
        Row[] rows = [.. images.Select(image => new Row { Image = image.ToMLImage() })];
        try
        {
            var scored = _transformer.Transform(_data.LoadFromEnumerable(rows, _schema));
            var column = ScoreColumn(scored.Schema);
            using var cursor = scored.GetRowCursor([column]);
            var getter = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> values = default;
            var row = 0;
            for (; cursor.MoveNext(); row++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (row == rows.Length)
                    throw new InvalidDataException(
                        $"The teacher ({Option}) gave more than {rows.Length} rows for {rows.Length} images; it must give one for each.");
                getter(ref values);
                if (values.Length != ClassCount)
                    throw new InvalidDataException(
                        $"The teacher ({Option}) gave {values.Length} scores for {nameOf(row)}; it must give {ClassCount}.");
                var own = scores.Slice(row * ClassCount, ClassCount);
                Reorder(values, own);
                Prepare(own, nameOf(row));
            }
            if (row != rows.Length)
                throw new InvalidDataException(
                    $"The teacher ({Option}) gave {row} rows for {rows.Length} images; it must give one for each.");
        }
        finally
        {
            foreach (var row in rows)
                row.Image!.Dispose();
        }
    }

    /// <summary>Itself for the batches of a data set; for whole images it scores all of them here.</summary>
    /// <param name="images">The data set.</param>
    /// <param name="input">What it sees of an image.</param>
    /// <param name="tell">Told how long the scoring took.</param>
    /// <param name="cancellation">Ends the scoring.</param>
    public IBatchTeacher OfBatches(ImageDataset images, TeacherInput input, Action<string> tell, CancellationToken cancellation)
    {
        if (input == TeacherInput.Augmented)
            return new AugmentedImageTeacher(this, images);
        var clock = Stopwatch.StartNew();
        var teacher = new WholeImageTeacher(this, images, cancellation);
        tell(FormattableString.Invariant($"The teacher scored {images.Count} images in {clock.Elapsed.TotalSeconds:0.0} s."));
        return teacher;
    }

    private DataViewSchema OutputSchema(string imageColumnName)
    {
        try
        {
            return _transformer.GetOutputSchema(_data.LoadFromEnumerable(Array.Empty<Row>(), _schema).Schema);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            throw new ArgumentOutOfRangeException(
                $"The teacher ({Option}) cannot score images: it gets the column '{imageColumnName}' (MLImage) and no other. " +
                $"{VisibleText.Reason(exception)} Give a fitted chain that begins with that column, without the label's mapping.",
                exception);
        }
    }

    private DataViewSchema.Column ScoreColumn(DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(_scoreColumnName) is not { } column)
            throw ColumnErrors.Missing("the teacher's score", _scoreColumnName, schema, Advice);
        if (column.Type is not VectorDataViewType { ItemType: NumberDataViewType { RawType: var type }, Size: var size } ||
            type != typeof(float) || size != ClassCount)
            throw ColumnErrors.Mismatch(
                "the teacher's score", _scoreColumnName, $"Vector<Single, {ClassCount}>, a probability for each training class",
                column.Type.ToString()!, Advice);
        return column;
    }

    private static int[]? SlotsOf(DataViewSchema.Column score, ClassLabels labels)
    {
        var kind = score.Annotations.Schema.GetColumnOrNull(ClassLabels.SlotNamesKind);
        if (kind?.Type is not VectorDataViewType { ItemType: TextDataViewType })
            return null;
        VBuffer<ReadOnlyMemory<char>> values = default;
        score.Annotations.GetValue(ClassLabels.SlotNamesKind, ref values);
        List<string> names = [.. values.DenseValues().Select(name => name.ToString())];
        if (names.SequenceEqual(labels.Names))
            return null;
        var missing = labels.Names.Except(names).Select(name => $"'{VisibleText.Of(name)}'").ToList();
        const int most = 5;
        return missing.Count == 0 ? [.. labels.Names.Select(name => names.IndexOf(name))] : throw new ArgumentOutOfRangeException(
            "inputSchema", $"The teacher ({Option}) does not know {missing.Count} of the {labels.Count} training classes: " +
            $"{string.Join(", ", missing.Take(most))}{(missing.Count > most ? ", ..." : "")}. Its classes, the names of the slots of " +
            $"'{score.Name}', are {string.Join(", ", names.Take(most).Select(VisibleText.Of))}{(names.Count > most ? ", ..." : "")}. " +
            "Train it on the same classes.");
    }

    private void Reorder(in VBuffer<float> values, Span<float> destination)
    {
        if (_slots is null)
            values.CopyTo(destination);
        else
            for (var index = 0; index < destination.Length; index++)
                destination[index] = values.GetItemOrDefault(_slots[index]);
    }

    private void Prepare(Span<float> scores, string name)
    {
        if (_givesLogits)
            TensorPrimitives.SoftMax(scores, scores);
        var (sum, least) = (0.0, 0f);
        foreach (var score in scores)
            (sum, least) = (sum + score, Math.Min(least, score));
        if (!double.IsFinite(sum))
            throw new InvalidDataException(
                $"The teacher's scores of {name} are not finite (column '{_scoreColumnName}'). Leave the image out, or give another " +
                $"{Option}.");
        if (_isHard)
        {
            var best = TensorPrimitives.IndexOfMax<float>(scores);
            scores.Clear();
            scores[best] = 1;
        }
        else if (least < 0 || Math.Abs(sum - 1) > Rounding)
            throw new InvalidDataException(FormattableString.Invariant(
                $"The teacher's scores of {name} are not probabilities: the least is {least:0.###}, their sum is {sum:0.###} (column ") +
                $"'{_scoreColumnName}'). Set Distillation.{nameof(DistillationOptions.TeacherGivesLogits)} where they are logits, or " +
                $"Distillation.Kind to {nameof(DistillationKind.Hard)}.");
    }

    private sealed class Row
    {
        [ImageOfAnySize]
        public MLImage? Image { get; set; }
    }

    /// <summary>What ML.NET's ImageType without a size says, but for the error that it is.</summary>
    private sealed class ImageOfAnySizeAttribute : DataViewTypeAttribute
    {
        public override void Register() => DataViewTypeManager.Register(new ImageDataViewType(), typeof(MLImage), this);

        public override bool Equals(DataViewTypeAttribute? other) => other is ImageOfAnySizeAttribute;

        public override int GetHashCode() => typeof(ImageOfAnySizeAttribute).GetHashCode();
    }
}
