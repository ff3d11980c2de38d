namespace Microsoft.ML.Conformer;

/// <summary>
/// What is done to a network's input image, after it is resized and cropped, to see how accuracy falls with the strength of it. The value
/// that goes with it has a unit of its own.
/// </summary>
public enum ImageDistortionKind
{
    /// <summary>
    /// Turned about the center by degrees, counter-clockwise; any number, 0 changes nothing. Bilinear, as Pillow's <c>Image.rotate</c>
    /// does it, with black where the image had no pixels (Peng et al., "Conformer", ICCV 2021, turn images to compare networks).
    /// </summary>
    Rotation,

    /// <summary>
    /// Resized, so that the shorter side has so many pixels, a whole number from 1 to 4,096; the network's own size changes nothing.
    /// A larger image is cut to the network's size about the center, a smaller one has black around it. Bicubic and antialiased, as
    /// Pillow resizes.
    /// </summary>
    Scale,

    /// <summary>
    /// A Gaussian blur with a standard deviation in pixels, 0 to 100; 0 changes nothing. As Pillow's <c>ImageFilter.GaussianBlur</c>.
    /// </summary>
    Blur,

    /// <summary>
    /// Gaussian noise with a standard deviation in levels of 0-255, 0 to 255; 0 changes nothing. Each channel of each pixel has its own.
    /// It is drawn from the seed and the image's number, so that an image has the same noise, more or less of it, at each deviation.
    /// </summary>
    Noise,

    /// <summary>
    /// Saved as a JPEG of a quality and read again: a whole number from 1 to 100, of libjpeg's scale. Colors have half of the resolution,
    /// so that 100 changes the image too.
    /// </summary>
    JpegQuality,

    /// <summary>
    /// Levels multiplied by a factor and cut at 255: 0 to 255, of which 0 is black, and 1 changes nothing. As Pillow's
    /// <c>ImageEnhance.Brightness</c>.
    /// </summary>
    Brightness,
}
