using System.Runtime.CompilerServices;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Conformer.Modeling;
using Microsoft.ML.Conformer.Scoring;
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
    /// Lists a folder's images: each class has a folder of its own, named after it. Columns: ImagePath (text) and Label (text), sorted by
    /// class, then by file, in ordinal order. Hidden files are left out.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="path">The folder that holds the class folders.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">There is no class folder in it, or one without images; the message names it.</exception>
    public static IDataView LoadFromImageFolder(this DataOperationsCatalog catalog, string path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return ImageFolder.Load(catalog, path);
    }

    /// <summary>
    /// Opens a trained Conformer as a transformer that scores in batches: a zip that mlContext.Model.Save wrote, with the model alone or in
    /// a longer chain, or an ONNX file that <see cref="ConformerTransformer.SaveAsOnnx(string, OnnxExportOptions)"/> wrote. Of a chain only
    /// the Conformer is opened.
    /// </summary>
    /// <remarks>
    /// Classes, image size and preparation of the images come from the file. Classes that are text, numbers or booleans keep their type.
    /// </remarks>
    /// <param name="catalog">The catalog of model operations.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Column names and how to score; null for the defaults. Copied.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no Conformer; the message names it and says what is missing.</exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    public static ConformerTransformer LoadConformer(this ModelOperationsCatalog catalog, string path, ScoringOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return ConformerTransformer.Load(path, options ?? new ScoringOptions());
    }

    /// <summary>
    /// Adds a trained Conformer's features to each image: the embeddings of both branches, or feature maps. It stands before a trainer of
    /// ML.NET's own, which then learns from them in seconds.
    /// </summary>
    /// <param name="catalog">The catalog of transforms.</param>
    /// <param name="model">The trained or loaded model; its options say how to score. It may be disposed afterward.</param>
    /// <param name="options">Which features, and their columns' names; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the network has no such map; the message lists all.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ConformerFeatureEstimator ExtractConformerFeatures(
        this TransformsCatalog catalog, ConformerTransformer model, ConformerFeatureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return model.FeatureEstimator(options ?? new ConformerFeatureOptions());
    }

    /// <inheritdoc cref="ExtractConformerFeatures(TransformsCatalog, ConformerTransformer, ConformerFeatureOptions)" path="/summary"/>
    /// <param name="catalog">The catalog of transforms.</param>
    /// <param name="path">A file as <see cref="LoadConformer"/> takes it. It is read at once.</param>
    /// <param name="options">Which features, and their columns' names; null for the defaults. Copied.</param>
    /// <param name="scoring">
    /// The image column and how to score; null for the defaults. Copied. What concerns scores only is left aside: the names of their
    /// columns, and test-time augmentation.
    /// </param>
    /// <exception cref="ArgumentException">Options are out of range, or the network has no such map; the message lists all.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no Conformer; the message names it and says what is missing.</exception>
    public static ConformerFeatureEstimator ExtractConformerFeatures(
        this TransformsCatalog catalog, string path, ConformerFeatureOptions? options = null, ScoringOptions? scoring = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        scoring ??= new ScoringOptions();
        scoring.Check();
        return new ConformerFeatureEstimator(ConformerFile.Read(path, scoring.Columns), options ?? new ConformerFeatureOptions(), scoring);
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
