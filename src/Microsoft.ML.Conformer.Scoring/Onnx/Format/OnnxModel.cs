namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A whole ONNX file but for its weights' values.</summary>
internal sealed record OnnxModel
{
    /// <summary>The first with LayerNormalization and the last that Debian's checker knows; ONNX Runtime has it from 1.12 on.</summary>
    public const int OpsetVersion = 17;

    /// <summary>The operator set of <see cref="MachineLearningDomain"/> that belongs to <see cref="OpsetVersion"/>.</summary>
    public const int MachineLearningOpsetVersion = 3;

    /// <summary>The file format's version that belongs to <see cref="OpsetVersion"/>.</summary>
    public const int IrVersion = 8;

    public const string MachineLearningDomain = "ai.onnx.ml";

    /// <summary>What wrote the files that this library reads.</summary>
    public const string Producer = "Microsoft.ML.Conformer";

    public required string GraphName { get; init; }

    public required string ProducerName { get; init; }

    public required string ProducerVersion { get; init; }

    /// <summary>In the order of computation.</summary>
    public required IReadOnlyList<NodeProto> Nodes { get; init; }

    public required IReadOnlyList<OnnxInitializer> Initializers { get; init; }

    /// <summary>Shapes of values that cannot be inferred.</summary>
    public required IReadOnlyList<ValueInfoProto> ValueInfos { get; init; }

    public required IReadOnlyList<ValueInfoProto> Inputs { get; init; }

    public required IReadOnlyList<ValueInfoProto> Outputs { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; }
}
