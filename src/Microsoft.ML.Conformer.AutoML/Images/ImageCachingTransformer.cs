using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

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
