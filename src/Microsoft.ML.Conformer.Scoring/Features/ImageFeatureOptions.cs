namespace Microsoft.ML.Conformer;

/// <summary>Which features are extracted, and into which columns. Copied where it is used: a later change has no effect.</summary>
public sealed class ImageFeatureOptions
{
    /// <summary>Which features; at least one. Default <see cref="ImageFeatures.Embeddings"/>.</summary>
    public ImageFeatures Features { get; set; } = ImageFeatures.Embeddings;

    /// <summary>Column of <see cref="ImageFeatures.ConvEmbedding"/>. Default "ConvEmbedding".</summary>
    public string ConvEmbeddingColumnName { get; set; } = nameof(ImageFeatures.ConvEmbedding);

    /// <summary>Column of <see cref="ImageFeatures.TransformerEmbedding"/>. Default "TransformerEmbedding".</summary>
    public string TransformerEmbeddingColumnName { get; set; } = nameof(ImageFeatures.TransformerEmbedding);

    /// <summary>Column of <see cref="ImageFeatures.C2"/>. Default "C2".</summary>
    public string C2ColumnName { get; set; } = nameof(ImageFeatures.C2);

    /// <summary>Column of <see cref="ImageFeatures.C3"/>. Default "C3".</summary>
    public string C3ColumnName { get; set; } = nameof(ImageFeatures.C3);

    /// <summary>Column of <see cref="ImageFeatures.C4"/>. Default "C4".</summary>
    public string C4ColumnName { get; set; } = nameof(ImageFeatures.C4);

    /// <summary>Column of <see cref="ImageFeatures.C5"/>. Default "C5".</summary>
    public string C5ColumnName { get; set; } = nameof(ImageFeatures.C5);

    internal IReadOnlyList<FeatureOutput> OutputsOf(VisionArchitecture architecture)
    {
        List<(ImageFeatures Feature, string Option, string Column, string? Value)> all =
        [
            (ImageFeatures.ConvEmbedding, nameof(ConvEmbeddingColumnName), ConvEmbeddingColumnName, Embedding("conv")),
            (ImageFeatures.TransformerEmbedding, nameof(TransformerEmbeddingColumnName), TransformerEmbeddingColumnName, Embedding("tran")),
            (ImageFeatures.C2, nameof(C2ColumnName), C2ColumnName, Map(2)),
            (ImageFeatures.C3, nameof(C3ColumnName), C3ColumnName, Map(3)),
            (ImageFeatures.C4, nameof(C4ColumnName), C4ColumnName, Map(4)),
            (ImageFeatures.C5, nameof(C5ColumnName), C5ColumnName, Map(5)),
        ];
        var asked = all.Where(one => Features.HasFlag(one.Feature)).ToList();
        // Who asks for all embeddings gets those that the network has.
        if (Features.HasFlag(ImageFeatures.Embeddings) && all.Any(one => IsEmbedding(one.Feature) && one.Value is not null))
            asked.RemoveAll(one => IsEmbedding(one.Feature) && one.Value is null);

        var faults = OptionFaults.OfColumns(asked.Select(one => (one.Option, one.Column))).ToList();
        if (Features == 0 || (Features & ~(ImageFeatures.Embeddings | ImageFeatures.FeatureMaps)) != 0)
            faults.Add($"{nameof(Features)} is {Features}; it must be one or several of {Names(all)}.");
        if (asked.Where(one => one.Value is null).ToList() is { Count: > 0 } missing)
        {
            faults.Add(
                $"{nameof(Features)} is {Features}, but this network has no {Names(missing)}, only " +
                $"{Names(all.Where(one => one.Value is not null))}.");
        }
        OptionFaults.ThrowIfAny(faults);
        return [.. asked.Select(one => new FeatureOutput(one.Column, one.Value!))];

        static bool IsEmbedding(ImageFeatures feature) => ImageFeatures.Embeddings.HasFlag(feature);
        static string Names(IEnumerable<(ImageFeatures Feature, string, string, string?)> some) =>
            string.Join(", ", some.Select(one => one.Feature));
        string? Embedding(string branch) => architecture.Heads.FirstOrDefault(head => head.Branch == branch)?.EmbeddingName;
        string? Map(int level) => architecture.FeatureLevels.Contains(level) ? KnownNetworks.GraphOf(architecture).FeatureMap(level) : null;
    }
}
