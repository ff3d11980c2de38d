using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Extension methods that load images with label maps, which give each pixel a class (semantic segmentation).</summary>
/// <remarks>
/// <para>All give the same columns: ImagePath, text, the image's full path; LabelMapPath, text, that of its label map, a PNG. The second
/// one has annotations: ClassNames, and ClassOfValue, which says for each of 256 values the class from 0, 255 where such pixels do not
/// count, and -1 for none.</para>
/// <para>Label maps are PNGs of gray levels or a palette, whose indices count and not their colors, with 1 to 16 bits, not interlaced. A
/// value of 255 does not count. Every map is read once: an image whose map is missing, damaged, of another size, or has values that are no
/// class, is left out, and the log says so with the files' names.</para>
/// </remarks>
public static class SegmentationDataCatalog
{
    /// <summary>Loads images and label maps from two folders: a map has its image's name, and lies in the same folder below.</summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="imageFolder">The images' folder.</param>
    /// <param name="labelFolder">The label maps' folder.</param>
    /// <param name="classNames">
    /// The classes in the order of their values, 1-255. Null (default): as many as the maps have values, with numbers as names.
    /// </param>
    /// <param name="reduceZeroLabel">
    /// Whether 0 does not count and 1 is the first class, as in ADE20K. Default false: 0 is the first class.
    /// </param>
    /// <returns>A row for each image, in the order of their paths.</returns>
    /// <inheritdoc cref="SegmentationDataCatalog" path="/remarks"/>
    /// <exception cref="ArgumentException">Class names are empty, too many or not each once.</exception>
    /// <exception cref="InvalidDataException">No image can be used; the message says why.</exception>
    /// <exception cref="IOException">A folder is absent, or a file cannot be read.</exception>
    public static IDataView LoadSegmentation(
        this DataOperationsCatalog catalog, string imageFolder, string labelFolder, IReadOnlyList<string>? classNames = null,
        bool reduceZeroLabel = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(labelFolder);
        return Load(catalog, imageFolder, classNames, nameof(LoadSegmentation), () =>
            KnownFolders.OfSameNames(imageFolder, labelFolder, classNames, reduceZeroLabel));
    }

    /// <summary>
    /// Loads a folder of the MIT Scene Parsing Benchmark, ADE20K (Zhou et al., CVPR 2017): images and annotations, each with the split's
    /// folder, and objectInfo150.txt with the classes' names. 0 does not count, 1 is the first class.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="folder">The folder, such as ADEChallengeData2016.</param>
    /// <param name="split">The split's folder. Default "training".</param>
    /// <param name="classNames">The classes in their order; null (default) for those of objectInfo150.txt, or numbers.</param>
    /// <inheritdoc cref="LoadSegmentation" path="/returns"/>
    /// <inheritdoc cref="LoadSegmentation" path="/exception"/>
    public static IDataView LoadSegmentationFromAde20K(
        this DataOperationsCatalog catalog, string folder, string split = "training", IReadOnlyList<string>? classNames = null) =>
        Load(catalog, folder, classNames, nameof(LoadSegmentationFromAde20K), () => KnownFolders.Ade20K(folder, split, classNames));

    /// <summary>
    /// Loads a folder of Cityscapes (Cordts et al., CVPR 2016): leftImg8bit and gtFine, each with the split's folder and a folder for each
    /// city. The files "labelIds" are read, and their ids become the 19 classes of the benchmark; other ids do not count.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="folder">The folder with leftImg8bit and gtFine.</param>
    /// <param name="split">The split's folder. Default "train".</param>
    /// <inheritdoc cref="LoadSegmentation" path="/returns"/>
    /// <inheritdoc cref="LoadSegmentation" path="/exception"/>
    public static IDataView LoadSegmentationFromCityscapes(this DataOperationsCatalog catalog, string folder, string split = "train") =>
        Load(catalog, folder, null, nameof(LoadSegmentationFromCityscapes), () => KnownFolders.Cityscapes(folder, split));

    /// <summary>
    /// Loads a folder of the Pascal VOC challenges: JPEGImages, SegmentationClass and a list in ImageSets/Segmentation. There are 21
    /// classes, the background first; outlines do not count.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="folder">The folder, such as VOC2012.</param>
    /// <param name="split">The list's name, without .txt. Default "train".</param>
    /// <returns>A row for each image, in the order of the list.</returns>
    /// <inheritdoc cref="LoadSegmentation" path="/exception"/>
    public static IDataView LoadSegmentationFromPascalVoc(this DataOperationsCatalog catalog, string folder, string split = "train") =>
        Load(catalog, folder, null, nameof(LoadSegmentationFromPascalVoc), () => KnownFolders.PascalVoc(folder, split));

    private static IDataView Load(
        DataOperationsCatalog catalog, string folder, IReadOnlyList<string>? classNames, string method, Func<LabeledImages> read)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (classNames is not null && (classNames.Count is 0 or > SegmentationArchitecture.MaxClasses ||
            classNames.Any(string.IsNullOrWhiteSpace) || classNames.Distinct(StringComparer.Ordinal).Count() < classNames.Count))
            throw new ArgumentException(
                $"There must be 1-{SegmentationArchitecture.MaxClasses} classes, each with a name of its own.", nameof(classNames));
        var images = read();
        using (var channel = CallerEnvironment.Of(catalog).Start(method))
        {
            channel.Info(MessageSensitivity.None, "{0}", FormattableString.Invariant(
                $"'{VisibleText.OfPath(folder)}': {images.ClassNames.Count:N0} classes, {images.Images.Count:N0} images with label maps."));
            foreach (var line in images.Findings.Describe())
                channel.Warning(MessageSensitivity.None, "{0}", line);
        }
        return LabeledImageRow.Load(catalog, images);
    }
}
