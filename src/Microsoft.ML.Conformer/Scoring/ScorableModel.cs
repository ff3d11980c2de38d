using Microsoft.ML.Conformer.Onnx;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>A network as scoring and saving see it: trained in this process, or loaded from a file.</summary>
/// <param name="Architecture">The network's shape.</param>
/// <param name="ImageSize">Height and width S of the network's images, in pixels.</param>
/// <param name="Labels">The classes in the order of the network's outputs.</param>
/// <param name="Columns">Names of the columns read and added.</param>
internal abstract record ScorableModel(
    ConformerArchitecture Architecture, int ImageSize, ClassLabels Labels, ScoringColumns Columns)
{
    /// <summary>What the input of the graph that <see cref="ToOnnx"/> gives holds.</summary>
    public abstract OnnxInputKind InputKind { get; }

    /// <summary>What the input of the graph that <see cref="WritePortableOnnx"/> writes holds.</summary>
    public abstract OnnxInputKind PortableInputKind { get; }

    /// <summary>The ONNX file that is scored with.</summary>
    public abstract byte[] ToOnnx();

    /// <summary>Writes an ONNX file; with default options it is the one that <see cref="ToOnnx"/> gives.</summary>
    /// <exception cref="ArgumentException">The options do not fit the network; the message lists all faults.</exception>
    /// <exception cref="InvalidOperationException">The model is not one that these options can be had of.</exception>
    public abstract void WriteOnnx(Stream destination, OnnxExportOptions options);

    /// <summary>
    /// Writes an ONNX file for ML.NET's own transformers: its input is pixels, and it also gives ClassIndex, int64 [N, 1].
    /// </summary>
    public abstract void WritePortableOnnx(Stream destination);

    /// <summary>Null, or why ML.NET's own transformers could not use the graph, as the end of a sentence.</summary>
    /// <param name="outputs">Names of the outputs of the graph that is scored with.</param>
    public virtual string? PortabilityFault(IReadOnlyCollection<string> outputs) => null;
}
