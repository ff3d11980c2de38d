namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>A network that was published for ImageNet.</summary>
/// <param name="Trainer">What its trainer is called.</param>
/// <param name="Option">What to set of the trainer's options to have it.</param>
/// <param name="Architecture">Its shape, for 1000 classes.</param>
internal sealed record PublishedNetwork(string Trainer, string Option, VisionArchitecture Architecture)
{
    /// <summary>Those that may have tensors of such names.</summary>
    public static IEnumerable<PublishedNetwork> With(IReadOnlyCollection<string> names)
    {
        bool Have(string part) => names.Any(name => name.Contains(part, StringComparison.Ordinal));
        // Which flags the published ConTNets were trained with is not known; all but PreNorm show.
        return Have(ConTNetLayout.Block)
            ? Enum.GetValues<ConTNetVariant>().Select(variant => ConTNet(
                variant, isRelative: Have(ConTNetLayout.BiasTable), averages: Have(ConTNetLayout.PooledShortcut),
                isDeep: Have(ConTNetLayout.DeepConv), hasBias: Have(".qkv.bias")))
            : Enum.GetValues<ConformerVariant>().Select(variant => new PublishedNetwork(
                "Conformer", $"Variant to {nameof(ConformerVariant)}.{variant}", ConformerArchitecture.For(variant)));
    }

    private static PublishedNetwork ConTNet(ConTNetVariant variant, bool isRelative, bool averages, bool isDeep, bool hasBias)
    {
        const string imageSize = "and ImageSize to a multiple of 224"; // of any other a variant has other windows
        string[] flags =
        [
            .. isRelative ? [$"{nameof(ConTNetArchitecture.RelativePositions)} = true"] : Array.Empty<string>(),
            .. averages ? [$"{nameof(ConTNetArchitecture.AverageDown)} = true"] : Array.Empty<string>(),
            .. isDeep ? [$"{nameof(ConTNetArchitecture.DeepStem)} = true"] : Array.Empty<string>(),
            .. hasBias ? Array.Empty<string>() : [$"{nameof(ConTNetArchitecture.QkvBias)} = false"],
        ];
        var option = flags.Length == 0
            ? $"Variant to {nameof(ConTNetVariant)}.{variant} {imageSize}"
            : $"Architecture to ConTNetArchitecture.For(ConTNetVariant.{variant}) with {{ {string.Join(", ", flags)} }} {imageSize}";
        return new("ConTNet", option, ConTNetArchitecture.For(variant) with
        {
            RelativePositions = isRelative,
            AverageDown = averages,
            DeepStem = isDeep,
            QkvBias = hasBias,
        });
    }
}
