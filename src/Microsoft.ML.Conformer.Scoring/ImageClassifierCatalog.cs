using Microsoft.ML.Conformer;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Extension methods that list image files, open trained image classifiers, and extract features with them.</summary>
public static class ImageClassifierCatalog
{
    /// <summary>
    /// Lists a folder's images: each class has a folder of its own, named after it. Columns: ImagePath (text, the full path) and Label
    /// (text), sorted by class, then by path, in ordinal order. What was found and passed over is said in the log.
    /// </summary>
    /// <remarks>
    /// <para>Images are files with the extensions .jpg, .jpeg, .jpe, .jfif, .png, .bmp, .gif and .webp in upper or lower case, and files
    /// without an extension that begin as one of these formats do. All else is passed over and counted: hidden files and folders, those
    /// of file systems, archives and network storage, other extensions, what cannot be read, broken links, links to folders inside a
    /// class, and names that are not valid UTF-8.</para>
    /// <para>Labels are in Unicode form C: folders whose names differ in Unicode form alone are one class.</para>
    /// </remarks>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="path">The folder that holds the class folders.</param>
    /// <param name="options">How to read it; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// There is no class folder in it, or one without images; or two classes differ in case alone; or it holds parts such as train and val,
    /// which <see cref="LoadImageSplits"/> takes. The message names the folders.
    /// </exception>
    public static IDataView LoadFromImageFolder(this DataOperationsCatalog catalog, string path, ImageFolderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        options ??= new ImageFolderOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        var listing = ImageFolder.ReadClasses(path, options).Checked();
        using (var channel = CallerEnvironment.Of(catalog).Start(nameof(LoadFromImageFolder)))
            channel.Info(MessageSensitivity.None, "{0}", listing.Describe());
        return catalog.LoadFromEnumerable(listing.Parts.Single().Files);
    }

    /// <summary>
    /// Lists images to train on, to validate with and to test with: those of a folder with the folders train, val and, by choice, test,
    /// each of which holds class folders; of a folder of class folders; or of a manifest. What is lacking is drawn from the training
    /// images,
    /// a fraction of each class.
    /// </summary>
    /// <remarks>
    /// <para>Parts are called train or training, val, valid or validation, test or testing, in upper or lower case. They are parts where
    /// they hold class folders and no other folder beside them holds images; where they have images of their own they are classes. What may
    /// be meant either way is an error. Without val, validation images are drawn from train; a test part is never used for it.</para>
    /// <para>A manifest is a .csv file with a header and the columns path, label and, by choice, split, or a .jsonl file with an object
    /// with these names in each line. Paths are relative to the manifest, and a split is one of the names above.</para>
    /// <para>Which files of a folder are images, <see cref="LoadFromImageFolder"/> says.</para>
    /// </remarks>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="path">The folder or manifest.</param>
    /// <param name="options">How to read and split it; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or manifest.</exception>
    /// <exception cref="FileNotFoundException">The manifest names images that do not exist; the message tells the line.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or manifest cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The folders are neither parts nor classes, a training class has no images or too few to draw from, another part has a class that
    /// training lacks, two classes differ in case alone, or a line of the manifest is wrong. The message names folder, class or line.
    /// </exception>
    public static ImageSplits LoadImageSplits(this DataOperationsCatalog catalog, string path, ImageFolderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options ??= new ImageFolderOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        return new SplitImages(List(path, options), options).Load(catalog);
    }

    /// <summary>
    /// Looks at all photos of a folder or manifest before any are trained on, and reports what spoils training: images that cannot be used,
    /// are tiny or nearly of one color; duplicates and near duplicates, in a class, across classes, and across training, validation and
    /// test; classes with few images or of very different sizes.
    /// </summary>
    /// <remarks>
    /// <para>Images are decoded in parallel, each for itself; of each some tens of bytes are kept, so that their number and size do not
    /// matter. Of an image that is too large or damaged the report says why it cannot be used, and the check goes on.</para>
    /// <para>Near duplicates are images whose 64-bit perceptual hashes differ in <see cref="ImageCheckOptions.NearDuplicateDistance"/> bits
    /// at most: scaled or recompressed copies, photos of a series. They are no proof; look at them.</para>
    /// </remarks>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="path">The folder, with or without parts, or the manifest, as <see cref="LoadImageSplits"/> takes it.</param>
    /// <param name="options">What to look for; null for the defaults.</param>
    /// <returns>The findings; to print, and to save as JSON or as a page with thumbnails.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or manifest.</exception>
    /// <exception cref="FileNotFoundException">The manifest names images that do not exist; the message tells the line.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or manifest cannot be read.</exception>
    /// <exception cref="InvalidDataException">The folder or manifest is no data set, as <see cref="LoadImageSplits"/> says.</exception>
    /// <exception cref="OperationCanceledException">The check was canceled.</exception>
#pragma warning disable RS0026 // The overloads are told apart by an argument that is not optional.
    public static ImageFolderReport CheckImageFolder(this DataOperationsCatalog catalog, string path, ImageCheckOptions? options = null) =>
        CheckImageFolder(catalog, path, options, model: null);

    /// <summary>
    /// As the overload without a model, and also reports images that are likely mislabeled: those that a trained model takes for images of
    /// another class (<see cref="ImageEvaluation.LikelyMislabeled"/>).
    /// </summary>
    /// <remarks>
    /// A model has memorized the labels of its training images. Of a folder with parts, training images are therefore left aside; of
    /// one without, take a model that was trained on others.
    /// </remarks>
    /// <inheritdoc cref="CheckImageFolder(DataOperationsCatalog, string, ImageCheckOptions)" path="/exception"/>
    /// <exception cref="InvalidDataException">The folder has classes that the model lacks; the message names them.</exception>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="path">The folder, with or without parts, or the manifest, as <see cref="LoadImageSplits"/> takes it.</param>
    /// <param name="model">The trained or loaded model, which has all classes of the folder.</param>
    /// <param name="options">What to look for; null for the defaults.</param>
    /// <returns>The findings; to print, and to save as JSON or as a page with thumbnails.</returns>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ImageFolderReport CheckImageFolder(
        this DataOperationsCatalog catalog, string path, ImageClassifierTransformer model, ImageCheckOptions? options = null)
#pragma warning restore RS0026
    {
        ArgumentNullException.ThrowIfNull(model);
        return CheckImageFolder(catalog, path, options, model);
    }

    private static ImageFolderReport CheckImageFolder(
        DataOperationsCatalog catalog, string path, ImageCheckOptions? options, ImageClassifierTransformer? model)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options ??= new ImageCheckOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        var listing = List(path, new ImageFolderOptions { IncludeSubfolders = options.IncludeSubfolders });
        model?.ThrowIfCannotFindMislabeled(listing);
        return ImageFolderCheck.Run(listing, options, model is null ? null : images => model.FindMislabeled(images, options));
    }

    /// <summary>
    /// Opens a trained image classifier as a transformer that scores in batches: a zip that mlContext.Model.Save wrote, with the model
    /// alone
    /// or in a longer chain, or an ONNX file that <see cref="ImageClassifierTransformer.SaveAsOnnx(string, OnnxExportOptions)"/> wrote. Of
    /// a
    /// chain only the image classifier is opened. It also makes a classifier of weights without training: of published ones, by their name,
    /// such as "conformer-tiny-p16", or of a .pth or safetensors file of a published variant.
    /// </summary>
    /// <remarks>
    /// <para>Classes, image size and preparation of the images come from the file. Classes that are text, numbers or booleans keep their
    /// type.</para>
    /// <para>A weight file says none of this: its classes are those that <paramref name="weights"/> name, by default those of ImageNet in
    /// English, and its images are prepared as they were where the published accuracy was measured (224 x 224 pixels, the center of an
    /// image whose shorter side has 256). The network's shape is found by the tensors'. Published weights are downloaded once into a
    /// per-user cache (environment variable CONFORMER_CACHE; CONFORMER_OFFLINE=1 forbids it).</para>
    /// </remarks>
    /// <param name="catalog">The catalog of model operations.</param>
    /// <param name="path">The file, or the name of published weights; where both are there, the file.</param>
    /// <param name="options">How to score; null for the defaults. Copied.</param>
    /// <param name="imageColumnName">Name of the image column (MLImage of any size). Default "Image".</param>
    /// <param name="scoreColumnName">Name of the output column with the class probabilities. Default "Score".</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the most probable class. Default "PredictedLabel".</param>
    /// <param name="weights">How a file is opened, and a classifier made of weights; null for the defaults.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentException">
    /// Options are out of range, or a name is empty or given twice, and the message lists all faults; or there are more or fewer class
    /// names than classes, or class names for a file that has its own.
    /// </exception>
    /// <exception cref="IOException">
    /// The file is absent or cannot be read; of an absent one the message lists the published names.
    /// </exception>
    /// <exception cref="InvalidDataException">The file is no image classifier; the message names it and says what is missing.</exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    /// <exception cref="CheckpointFormatException">The weight file is damaged, hostile or of another kind.</exception>
    /// <exception cref="WeightMismatchException">The weights are of no published variant, or lack heads.</exception>
    /// <exception cref="WeightDownloadException">Published weights are not on this machine and cannot be downloaded.</exception>
    /// <exception cref="OperationCanceledException">The opening, or the download, was canceled.</exception>
#pragma warning disable RS0026 // The overloads are told apart by an argument that is not optional.
    public static ImageClassifierTransformer LoadImageClassifier(
        this ModelOperationsCatalog catalog,
        string path,
        ScoringOptions? options = null,
        string imageColumnName = ScoringColumns.DefaultImage,
        string scoreColumnName = ScoringColumns.DefaultScore,
        string predictedLabelColumnName = ScoringColumns.DefaultPredictedLabel,
        WeightFileOptions? weights = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var columns = new ScoringColumns(imageColumnName, scoreColumnName, predictedLabelColumnName);
        return ImageClassifierTransformer.Load(
            CallerEnvironment.Of(catalog), path, columns, options ?? new ScoringOptions(), weights ?? new WeightFileOptions());
    }

    /// <summary>
    /// Opens a trained image classifier from a stream: the content of a zip, an ONNX file or a weight file, as the overload with a path
    /// takes them. It is read from where it stands to its end, and stays open; it need not be seekable.
    /// </summary>
    /// <param name="catalog">The catalog of model operations.</param>
    /// <param name="stream">The model, of at most 2 GB.</param>
    /// <param name="options">How to score; null for the defaults. Copied.</param>
    /// <param name="imageColumnName">Name of the image column (MLImage of any size). Default "Image".</param>
    /// <param name="scoreColumnName">Name of the output column with the class probabilities. Default "Score".</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the most probable class. Default "PredictedLabel".</param>
    /// <param name="weights">How a file is opened, and a classifier made of weights; null for the defaults.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentException">The stream cannot be read; or as for a path.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    /// <exception cref="InvalidDataException">It is no image classifier, or exceeds 2 GB; the message says what is missing.</exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    /// <exception cref="CheckpointFormatException">The weights are damaged, hostile or of another kind.</exception>
    /// <exception cref="WeightMismatchException">The weights are of no published variant, or lack heads.</exception>
    /// <exception cref="OperationCanceledException">The opening was canceled.</exception>
    public static ImageClassifierTransformer LoadImageClassifier(
        this ModelOperationsCatalog catalog,
        Stream stream,
        ScoringOptions? options = null,
        string imageColumnName = ScoringColumns.DefaultImage,
        string scoreColumnName = ScoringColumns.DefaultScore,
        string predictedLabelColumnName = ScoringColumns.DefaultPredictedLabel,
        WeightFileOptions? weights = null)
#pragma warning restore RS0026
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
            throw new ArgumentException("The stream cannot be read.", nameof(stream));
        var columns = new ScoringColumns(imageColumnName, scoreColumnName, predictedLabelColumnName);
        return ImageClassifierTransformer.Load(
            CallerEnvironment.Of(catalog), stream, columns, options ?? new ScoringOptions(), weights ?? new WeightFileOptions());
    }

    /// <summary>
    /// Adds a trained network's features to each image: the embeddings of both branches, or feature maps. It stands before a trainer of
    /// ML.NET's own, which then learns from them in seconds.
    /// </summary>
    /// <param name="catalog">The catalog of transforms.</param>
    /// <param name="model">The trained or loaded model; its options say how to score. It may be disposed afterward.</param>
    /// <param name="options">Which features, and their columns' names; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the network has no such map; the message lists all.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
#pragma warning disable RS0026 // The overloads are told apart by an argument that is not optional.
    public static ImageFeatureEstimator ExtractImageFeatures(
        this TransformsCatalog catalog, ImageClassifierTransformer model, ImageFeatureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return model.FeatureEstimator(CallerEnvironment.Of(catalog), options ?? new ImageFeatureOptions());
    }

    /// <inheritdoc cref="ExtractImageFeatures(TransformsCatalog, ImageClassifierTransformer, ImageFeatureOptions)" path="/summary"/>
    /// <param name="catalog">The catalog of transforms.</param>
    /// <param name="path">A file or the name of published weights, as LoadImageClassifier takes it. It is read at once.</param>
    /// <param name="options">Which features, and their columns' names; null for the defaults. Copied.</param>
    /// <param name="scoring">
    /// How to compute them; null for the defaults. Copied. Test-time augmentation, which concerns scores only, is left aside.
    /// </param>
    /// <param name="imageColumnName">Name of the image column (MLImage of any size). Default "Image".</param>
    /// <param name="weights">How weights are read or downloaded; null for the defaults. Without effect on other files.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the network has no such map; the message lists all.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no image classifier; the message names it and says what is missing.</exception>
    /// <exception cref="CheckpointFormatException">The weight file is damaged, hostile or of another kind.</exception>
    /// <exception cref="WeightMismatchException">The weights are of no published variant, or lack heads.</exception>
    /// <exception cref="WeightDownloadException">Published weights are not on this machine and cannot be downloaded.</exception>
    /// <exception cref="OperationCanceledException">The opening, or the download, was canceled.</exception>
    public static ImageFeatureEstimator ExtractImageFeatures(
        this TransformsCatalog catalog,
        string path,
        ImageFeatureOptions? options = null,
        ScoringOptions? scoring = null,
        string imageColumnName = ScoringColumns.DefaultImage,
        WeightFileOptions? weights = null)
#pragma warning restore RS0026
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        (scoring, weights) = (scoring ?? new ScoringOptions(), weights ?? new WeightFileOptions());
        var columns = new ScoringColumns(imageColumnName, ScoringColumns.DefaultScore, ScoringColumns.DefaultPredictedLabel);
        OptionFaults.ThrowIfAny(
            [.. scoring.Faults(), .. OptionFaults.OfColumns([(nameof(imageColumnName), imageColumnName)]), .. weights.Faults()]);
        var environment = CallerEnvironment.Of(catalog);
        return new ImageFeatureEstimator(
            environment, ModelFile.Open(environment, path, columns, weights), options ?? new ImageFeatureOptions(), scoring);
    }

    private static ImageListing List(string path, ImageFolderOptions options) =>
        (File.Exists(path) ? ImageManifest.Read(path) : ImageFolder.Read(path, options)).Checked();
}
