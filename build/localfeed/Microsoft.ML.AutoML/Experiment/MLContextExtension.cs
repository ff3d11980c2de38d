namespace Microsoft.ML.AutoML;

/// <summary>The way from an MLContext to AutoML.</summary>
public static class MLContextExtension
{
    public static AutoCatalog Auto(this MLContext mlContext) => new(mlContext);
}
