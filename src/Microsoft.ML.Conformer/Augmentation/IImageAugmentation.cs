namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>What chance does to one training image before it joins a batch.</summary>
internal interface IImageAugmentation
{
    /// <summary>
    /// Draws the part of an image that becomes the network's input, and whether it is mirrored left to right. Nothing but the size in
    /// pixels and the image's stream in this epoch may decide.
    /// </summary>
    (SourceBox Box, bool Flip) Draw(int width, int height, ref ImageRandom random);
}
