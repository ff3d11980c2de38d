using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Scoring;

namespace Microsoft.ML.Conformer;

/// <summary>Which features are extracted, and into which columns. Copied where it is used: a later change has no effect.</summary>
public sealed class ConformerFeatureOptions
{
    /// <summary>Which features; at least one. Default <see cref="ConformerFeatures.Embeddings"/>.</summary>
    public ConformerFeatures Features { get; set; } = ConformerFeatures.Embeddings;

    /// <summary>Column of <see cref="ConformerFeatures.ConvEmbedding"/>. Default "ConvEmbedding".</summary>
    public string ConvEmbeddingColumnName { get; set; } = nameof(ConformerFeatures.ConvEmbedding);

    /// <summary>Column of <see cref="ConformerFeatures.TransformerEmbedding"/>. Default "TransformerEmbedding".</summary>
    public string TransformerEmbeddingColumnName { get; set; } = nameof(ConformerFeatures.TransformerEmbedding);

    /// <summary>Column of <see cref="ConformerFeatures.C2"/>. Default "C2".</summary>
    public string C2ColumnName { get; set; } = nameof(ConformerFeatures.C2);

    /// <summary>Column of <see cref="ConformerFeatures.C3"/>. Default "C3".</summary>
    public string C3ColumnName { get; set; } = nameof(ConformerFeatures.C3);

    /// <summary>Column of <see cref="ConformerFeatures.C4"/>. Default "C4".</summary>
    public string C4ColumnName { get; set; } = nameof(ConformerFeatures.C4);

    /// <summary>Column of <see cref="ConformerFeatures.C5"/>. Default "C5".</summary>
    public string C5ColumnName { get; set; } = nameof(ConformerFeatures.C5);

    /// <summary>The features asked for, in the order of their columns.</summary>
    /// <exception cref="ArgumentException">Options are out of range, or the network has no such map; the message lists all.</exception>
    internal IReadOnlyList<FeatureOutput> OutputsOf(ConformerArchitecture architecture)
    {
        List<(ConformerFeatures Feature, string Option, string Column, string Output)> all =
        [
            (ConformerFeatures.ConvEmbedding, nameof(ConvEmbeddingColumnName), ConvEmbeddingColumnName, ConformerGraph.ConvEmbedding),
            (ConformerFeatures.TransformerEmbedding, nameof(TransformerEmbeddingColumnName), TransformerEmbeddingColumnName,
                ConformerGraph.TransformerEmbedding),
            (ConformerFeatures.C2, nameof(C2ColumnName), C2ColumnName, ConformerGraph.FeatureMap(architecture, 2)),
            (ConformerFeatures.C3, nameof(C3ColumnName), C3ColumnName, ConformerGraph.FeatureMap(architecture, 3)),
            (ConformerFeatures.C4, nameof(C4ColumnName), C4ColumnName, ConformerGraph.FeatureMap(architecture, 4)),
            (ConformerFeatures.C5, nameof(C5ColumnName), C5ColumnName, ConformerGraph.FeatureMap(architecture, 5)),
        ];
        var asked = all.Where(one => Features.HasFlag(one.Feature)).ToList();

        var faults = OptionFaults.OfColumns(asked.Select(one => (one.Option, one.Column))).ToList();
        if (Features == 0 || (Features & ~(ConformerFeatures.Embeddings | ConformerFeatures.FeatureMaps)) != 0)
        {
            var names = string.Join(", ", all.Select(one => one.Feature));
            faults.Add($"{nameof(Features)} is {Features}; it must be one or several of {names}.");
        }
        if (Features.HasFlag(ConformerFeatures.C4) && !architecture.HasMapC4)
        {
            faults.Add(
                $"{nameof(Features)} is {Features}, but a network of depth 3 has no {ConformerFeatures.C4}, only " +
                $"{ConformerFeatures.C2}, {ConformerFeatures.C3} and {ConformerFeatures.C5}.");
        }
        OptionFaults.ThrowIfAny(faults);
        return [.. asked.Select(one => new FeatureOutput(one.Column, one.Output))];
    }
}
