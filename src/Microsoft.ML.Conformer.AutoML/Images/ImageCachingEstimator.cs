using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Images;

/// <summary>An image loader whose views keep what they decoded.</summary>
internal sealed class ImageCachingEstimator(
    ImageLoadingEstimator loader, DecodedImages images, string imageColumnName, string pathColumnName) : IEstimator<ITransformer>
{
    public ITransformer Fit(IDataView input) => new ImageCachingTransformer(loader.Fit(input), images, imageColumnName, pathColumnName);

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => loader.GetOutputSchema(inputSchema);
}
