using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

/// <summary>A view of loaded images that asks the loader only for images that are not in the cache.</summary>
internal sealed class CachedImageView(IDataView loaded, DecodedImages images, string imageColumnName, string pathColumnName) : IDataView
{
    public bool CanShuffle => loaded.CanShuffle;

    public DataViewSchema Schema => loaded.Schema;

    public long? GetRowCount() => loaded.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = columnsNeeded.ToList();
        var image = Schema[imageColumnName];
        if (!columns.Exists(column => column.Index == image.Index))
            return loaded.GetRowCursor(columns, rand);
        var path = Schema[pathColumnName];
        var rows = loaded.GetRowCursor(columns.Append(path).DistinctBy(column => column.Index), rand);
        return new CachedImageCursor(rows, image, path, images);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
