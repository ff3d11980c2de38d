using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

/// <summary>As with LoadImages, a getter disposes the image that its caller hands back, and the cursor the last one it made.</summary>
internal sealed class CachedImageCursor(
    DataViewRowCursor loaded, DataViewSchema.Column image, DataViewSchema.Column path, DecodedImages images) : DataViewRowCursor
{
    private MLImage? _last;
    private bool _disposed;

    public override DataViewSchema Schema => loaded.Schema;

    public override long Position => loaded.Position;

    public override long Batch => loaded.Batch;

    public override bool MoveNext() => loaded.MoveNext();

    public override bool IsColumnActive(DataViewSchema.Column column) => loaded.IsColumnActive(column);

    public override ValueGetter<DataViewRowId> GetIdGetter() => loaded.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        var getter = loaded.GetGetter<TValue>(column);
        if (column.Index != image.Index || getter is not ValueGetter<MLImage> decode)
            return getter;
        var pathGetter = loaded.GetGetter<ReadOnlyMemory<char>>(path);
        return (ValueGetter<TValue>)(Delegate)(ValueGetter<MLImage>)Read;

        void Read(ref MLImage value)
        {
            var name = ReadOnlyMemory<char>.Empty;
            pathGetter(ref name);
            var key = name.ToString();
            if (images.Find(key) is { } kept)
            {
                value?.Dispose();
                _last = value = kept;
                return;
            }
            decode(ref value);
            if (value is not null)
                images.Keep(key, value);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _last?.Dispose();
            loaded.Dispose();
        }
        _disposed = true;
        base.Dispose(disposing);
    }
}
