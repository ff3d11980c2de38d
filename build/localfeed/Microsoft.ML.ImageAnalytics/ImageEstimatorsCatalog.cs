using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML;

/// <summary>Makes estimators that work on images.</summary>
public static class ImageEstimatorsCatalog
{
    /// <summary>Decodes the image files that a text column names.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of <see cref="MLImage"/>s to make.</param>
    /// <param name="imageFolder">The folder that the paths start from; null for the current one.</param>
    /// <param name="inputColumnName">The column of paths, empty for no image; default <paramref name="outputColumnName"/>.</param>
    public static ImageLoadingEstimator LoadImages(
        this TransformsCatalog catalog, string outputColumnName, string imageFolder, string inputColumnName = null) =>
        new(catalog.Environment, imageFolder, (outputColumnName, inputColumnName ?? outputColumnName));

    /// <summary>Turns images into vectors of their pixels' values.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of vectors to make.</param>
    /// <param name="inputColumnName">The column of images of known size; default <paramref name="outputColumnName"/>.</param>
    /// <param name="colorsToExtract">The channels to take.</param>
    /// <param name="orderOfExtraction">The order of the channels.</param>
    /// <param name="interleavePixelColors">Whether the channels vary fastest ([H, W, C]) or slowest ([C, H, W]).</param>
    /// <param name="offsetImage">Subtracted from each value, before it is scaled.</param>
    /// <param name="scaleImage">Each value is multiplied by it.</param>
    /// <param name="outputAsFloatArray">Whether to give floats; bytes are given as they are, without offset and scale.</param>
    public static ImagePixelExtractingEstimator ExtractPixels(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName = null,
        ImagePixelExtractingEstimator.ColorBits colorsToExtract = ImagePixelExtractingEstimator.ColorBits.Rgb,
        ImagePixelExtractingEstimator.ColorsOrder orderOfExtraction = ImagePixelExtractingEstimator.ColorsOrder.ARGB,
        bool interleavePixelColors = false,
        float offsetImage = 0,
        float scaleImage = 1,
        bool outputAsFloatArray = true) =>
        new(catalog.Environment, outputColumnName, inputColumnName ?? outputColumnName, new PixelLayout(
            colorsToExtract,
            orderOfExtraction,
            interleavePixelColors,
            outputAsFloatArray ? offsetImage : 0,
            outputAsFloatArray ? scaleImage : 1,
            outputAsFloatArray));

    /// <summary>Resizes images.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of images to make.</param>
    /// <param name="imageWidth">In pixels.</param>
    /// <param name="imageHeight">In pixels.</param>
    /// <param name="inputColumnName">The column of images; default <paramref name="outputColumnName"/>.</param>
    /// <param name="resizing">What happens to the aspect ratio.</param>
    /// <param name="cropAnchor">Which part is kept where the image is cropped.</param>
    public static ImageResizingEstimator ResizeImages(
        this TransformsCatalog catalog,
        string outputColumnName,
        int imageWidth,
        int imageHeight,
        string inputColumnName = null,
        ImageResizingEstimator.ResizingKind resizing = ImageResizingEstimator.ResizingKind.IsoCrop,
        ImageResizingEstimator.Anchor cropAnchor = ImageResizingEstimator.Anchor.Center) =>
        new(catalog.Environment, outputColumnName, imageWidth, imageHeight, inputColumnName ?? outputColumnName, resizing, cropAnchor);
}
