using Microsoft.ML.Conformer;

namespace Samples.Shared;

/// <summary>The network for the images that are generated, which are simple, few and small.</summary>
public static class GeneratedImageNetwork
{
    /// <summary>Side of the images where no size is asked for, in pixels.</summary>
    public const int ImageSize = 64;

    /// <summary>A twenty-fifth of Conformer-Ti's parameters.</summary>
    public static ConformerArchitecture Architecture { get; } = new()
    {
        ChannelRatio = 0.5,
        EmbedDim = 96,
        NumHeads = 3,
        Depth = 6,
    };
}
