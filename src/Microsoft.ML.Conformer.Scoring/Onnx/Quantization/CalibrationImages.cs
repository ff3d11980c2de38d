using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// The images of a data view on which 8-bit export measures the activations' ranges, prepared as for scoring. Of many rows it takes
/// <see cref="MaxImages"/> at equal distances, so that data in the order of its classes gives images of all of them.
/// </summary>
internal sealed class CalibrationImages
{
    /// <summary>The most images that are read; more change the ranges little.</summary>
    public const int MaxImages = 256;

    private const int BatchSize = 4;

    private readonly IDataView _data;
    private readonly DataViewSchema.Column _image;
    private readonly NetworkInput _input;
    private readonly CancellationToken _cancellation;
    private readonly Lazy<long> _rowCount;

    public CalibrationImages(IDataView data, string imageColumn, NetworkInput input, CancellationToken cancellation = default)
    {
        (_data, _image, _input, _cancellation) = (data, ShapeColumns.FindImage(data.Schema, imageColumn), input, cancellation);
        _rowCount = new Lazy<long>(CountRows);
    }

    /// <summary>What is accepted as an image. Default: whole ones, on black.</summary>
    public ImageDecoding Decoding { get; init; } = new();

    /// <summary>Whether an image that cannot be used is an error (default) or left out.</summary>
    public BadImagePolicy BadImages { get; init; }

    /// <summary>The images in batches, [n, ...]; the caller disposes them.</summary>
    public IEnumerable<OrtValue> Read()
    {
        var (rows, taken) = (_rowCount.Value, Math.Min(_rowCount.Value, MaxImages));
        using var cursor = _data.GetRowCursor(ImageColumnReader.Columns(_data.Schema, _image));
        var reader = new NetworkImageReader(cursor, _image, Decoding);
        for (long next = 0; next < taken;)
        {
            _cancellation.ThrowIfCancellationRequested();
            var (images, count) = (new float[BatchSize * _input.Length], 0);
            for (; count < BatchSize && next < taken; next++)
            {
                MoveTo(cursor, next * rows / taken);
                var destination = images.AsMemory(count * _input.Length, _input.Length);
                var bad = reader.TryRead(photo => _input.Write(photo, destination.Span));
                if (bad is null)
                    count++;
                else if (BadImages == BadImagePolicy.Throw)
                    throw new InvalidDataException(
                        $"{bad.Describe()} 8-bit export measures the network's activations on it (column '{_image.Name}'); " +
                        "leave the row out.",
                        bad.Cause);
            }
            if (count > 0)
                yield return _input.ToTensor(images.AsMemory(0, count * _input.Length), count);
        }
    }

    private static void MoveTo(DataViewRowCursor cursor, long position)
    {
        while (cursor.Position < position)
            if (!cursor.MoveNext())
                throw new InvalidOperationException("The data has fewer rows when read a second time; each pass must give the same rows.");
    }

    private long CountRows()
    {
        if (_data.GetRowCount() is { } known)
            return known;
        using var cursor = _data.GetRowCursor([]);
        var count = 0L;
        while (cursor.MoveNext())
            count++;
        return count;
    }
}
