using Microsoft.ML.Conformer;

namespace Conformer.Cli.Generated;

/// <summary>Images to try the commands with, and a network for them, which are simple, few and small.</summary>
internal static class DrawnImages
{
    /// <summary>Side of the images where no size is asked for, in pixels.</summary>
    public const int Side = 64;

    /// <summary>A twenty-fifth of Conformer-Ti's parameters.</summary>
    public static ConformerArchitecture Network { get; } = new()
    {
        ChannelRatio = 0.5,
        EmbedDim = 96,
        NumHeads = 3,
        Depth = 6,
    };

    /// <summary>Draws the images of a size and a seed into a folder, which is given back.</summary>
    public static string Write(
        string folder, ImageClassificationTrainerOptions options, CancellationToken cancellation, int testImagesPerClass = 0)
    {
        TextureShapeImages.Write(folder, options.ImageSize, options.Seed, cancellation, testImagesPerClass);
        return folder;
    }
}
