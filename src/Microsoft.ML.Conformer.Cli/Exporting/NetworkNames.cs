namespace Conformer.Cli.Exporting;

/// <summary>What the published networks are called in their papers, and in this library's options.</summary>
internal static class NetworkNames
{
    private static readonly Dictionary<ConformerVariant, string> _conformers = new()
    {
        [ConformerVariant.Tiny] = "Conformer-Ti/16",
        [ConformerVariant.Small] = "Conformer-S/16",
        [ConformerVariant.SmallPatch32] = "Conformer-S/32",
        [ConformerVariant.Base] = "Conformer-B/16",
    };

    private static readonly Dictionary<ConTNetVariant, string> _conTNets = new()
    {
        [ConTNetVariant.Tiny] = "ConT-Ti",
        [ConTNetVariant.Small] = "ConT-S",
        [ConTNetVariant.Medium] = "ConT-M",
        [ConTNetVariant.Base] = "ConT-B",
    };

    /// <summary>The kind of a network.</summary>
    public static string KindOf(VisionArchitecture architecture) => architecture switch
    {
        ConformerArchitecture => "Conformer",
        ConTNetArchitecture => "ConTNet",
        _ => architecture.GetType().Name,
    };

    /// <summary>The published variant of a network for images of a size in pixels; null where it is none.</summary>
    public static string? VariantOf(VisionArchitecture architecture, int imageSize) => architecture switch
    {
        ConformerArchitecture conformer => _conformers
            .Where(one => IsSame(conformer, ConformerArchitecture.For(one.Key, conformer.NumClasses)))
            .Select(one => $"{one.Value} ({nameof(ConformerVariant)}.{one.Key})").FirstOrDefault(),
        ConTNetArchitecture conTNet => _conTNets
            .Where(one => IsSame(conTNet, ConTNetArchitecture.For(one.Key, conTNet.NumClasses, imageSize)))
            .Select(one => $"{one.Value} ({nameof(ConTNetVariant)}.{one.Key}){Flags(conTNet)}").FirstOrDefault(),
        _ => null,
    };

    /// <summary>Whatever they drop while they are trained.</summary>
    private static bool IsSame(ConformerArchitecture one, ConformerArchitecture published) =>
        (one with { DropRate = published.DropRate, AttentionDropRate = published.AttentionDropRate }).Equals(published);

    /// <summary>Whatever flags they have, of which the papers' code has several.</summary>
    private static bool IsSame(ConTNetArchitecture one, ConTNetArchitecture published) => one.Equals(published with
    {
        DeepStem = one.DeepStem,
        AverageDown = one.AverageDown,
        RelativePositions = one.RelativePositions,
        PreNorm = one.PreNorm,
        QkvBias = one.QkvBias,
        LastDropRate = one.LastDropRate,
    });

    private static string Flags(ConTNetArchitecture network)
    {
        string[] flags =
        [
            .. network.DeepStem ? [nameof(network.DeepStem)] : Array.Empty<string>(),
            .. network.AverageDown ? [nameof(network.AverageDown)] : Array.Empty<string>(),
            .. network.RelativePositions ? [nameof(network.RelativePositions)] : Array.Empty<string>(),
            .. network.PreNorm ? [nameof(network.PreNorm)] : Array.Empty<string>(),
            .. network.QkvBias ? Array.Empty<string>() : [$"no {nameof(network.QkvBias)}"],
        ];
        return flags.Length == 0 ? "" : $" with {string.Join(", ", flags)}";
    }
}
