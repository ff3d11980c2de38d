using System.Runtime.CompilerServices;
using Microsoft.ML.Conformer;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Extension methods that offer the Conformer where ML.NET's own trainers and loaders stand.</summary>
public static class ConformerCatalog
{
    /// <summary>Trains a Conformer to classify images, with default options.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="labelColumnName">Name of the label column, a key. Default "Label".</param>
    /// <param name="imageColumnName">Name of the image column. Default "Image".</param>
    /// <param name="variant">The network to train. Default <see cref="ConformerVariant.Tiny"/>.</param>
    /// <param name="validationSet">Images to validate with after each epoch, to keep the best weights; null (default) for none.</param>
    public static ConformerTrainer Conformer(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string imageColumnName = "Image",
        ConformerVariant variant = ConformerVariant.Tiny,
        IDataView? validationSet = null) =>
        catalog.Conformer(new ConformerTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ImageColumnName = imageColumnName,
            Variant = variant,
            ValidationSet = validationSet,
        });

    /// <summary>Trains a Conformer to classify images.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="options">What and how to train; copied, so that later changes have no effect.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public static ConformerTrainer Conformer(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ConformerTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new ConformerTrainer(EnvironmentOf(catalog), options);
    }

    /// <summary>
    /// The caller's environment, to log to. No public way leads to it; should this one close, an environment of its own serves.
    /// </summary>
    private static IHostEnvironment EnvironmentOf(MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog)
    {
        try
        {
            return Environment(Owner(catalog));
        }
        catch (MissingMethodException)
        {
            return new MLContext();
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Owner")]
    private static extern TrainCatalogBase Owner(TrainCatalogBase.CatalogInstantiatorBase catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment Environment(TrainCatalogBase catalog);
}
