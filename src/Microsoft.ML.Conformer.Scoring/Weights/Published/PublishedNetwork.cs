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
        // Which of the script's flags the published ConTNets were trained with is not known; these show.
        return Have(ConTNetLayout.Block)
            ? Enum.GetValues<ConTNetVariant>().Select(variant => ConTNet(
                variant, Have(ConTNetLayout.BiasTable), Have(ConTNetLayout.PooledShortcut), Have(ConTNetLayout.QkvBias)))
            : Enum.GetValues<ConformerVariant>().Select(variant => new PublishedNetwork(
                "Conformer", $"Variant to {nameof(ConformerVariant)}.{variant}", ConformerArchitecture.For(variant)));
    }

    private static PublishedNetwork ConTNet(ConTNetVariant variant, bool isRelative, bool averages, bool hasQkvBias)
    {
        string[] flags =
        [
            .. isRelative ? [$"{nameof(ConTNetArchitecture.RelativePositions)} = true"] : Array.Empty<string>(),
            .. averages ? [$"{nameof(ConTNetArchitecture.AverageDown)} = true"] : Array.Empty<string>(),
            .. hasQkvBias ? Array.Empty<string>() : [$"{nameof(ConTNetArchitecture.QkvBias)} = false"],
        ];
        var option = flags.Length == 0
            ? $"Variant to {nameof(ConTNetVariant)}.{variant}"
            : $"Architecture to ConTNetArchitecture.For(ConTNetVariant.{variant}) with {{ {string.Join(", ", flags)} }}";
        return new("ConTNet", option, ConTNetArchitecture.For(variant) with
        {
            RelativePositions = isRelative,
            AverageDown = averages,
            QkvBias = hasQkvBias,
        });
    }
}
