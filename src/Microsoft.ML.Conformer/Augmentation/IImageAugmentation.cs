namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>What chance makes of one training image before it joins a batch. One augmentation may hand its result on to another.</summary>
internal interface IImageAugmentation
{
    /// <summary>Makes the network's view of an image. Nothing but the image and its stream in this epoch may decide.</summary>
    /// <param name="image">The image as it is kept, of any size.</param>
    /// <param name="preprocessor">Has the network's image size S and its resizing filter.</param>
    /// <param name="random">The stream of this image in this epoch.</param>
    /// <param name="destination">Receives [S, S, 3] bytes.</param>
    void Apply(RgbImage image, ImagePreprocessor preprocessor, ref ImageRandom random, Span<byte> destination);
}
