namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>What chance does to one training image before it joins a batch.</summary>
internal interface IImageAugmentation
{
    /// <summary>Draws the part of an image that becomes the network's input, and whether it is mirrored left to right.</summary>
    /// <param name="width">The image's width in pixels.</param>
    /// <param name="height">The image's height in pixels.</param>
    /// <param name="random">The stream of this image in this epoch; nothing else may decide.</param>
    (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random);
}
