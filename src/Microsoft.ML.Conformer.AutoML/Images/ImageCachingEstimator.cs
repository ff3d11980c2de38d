using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

/// <summary>An image loader whose views keep what they decoded.</summary>
internal sealed class ImageCachingEstimator(
    ImageLoadingEstimator loader, DecodedImages images, string imageColumnName, string pathColumnName) : IEstimator<ITransformer>
{
    public ITransformer Fit(IDataView input) => new ImageCachingTransformer(loader.Fit(input), images, imageColumnName, pathColumnName);

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => loader.GetOutputSchema(inputSchema);
}

/// <summary>Loads images through a cache; saved, and row by row, it is the plain loader.</summary>
internal sealed class ImageCachingTransformer(
    ITransformer loader, DecodedImages images, string imageColumnName, string pathColumnName) : ITransformer
{
    bool ITransformer.IsRowToRowMapper => loader.IsRowToRowMapper;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => loader.GetOutputSchema(inputSchema);

    public IDataView Transform(IDataView input) => new CachedImageView(loader.Transform(input), images, imageColumnName, pathColumnName);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => loader.GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => loader.Save(ctx);
}

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
