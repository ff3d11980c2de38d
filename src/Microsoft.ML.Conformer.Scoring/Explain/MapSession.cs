using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Explain;

/// <summary>A network that tells, beside the logits of its heads, where it looks. Thread-safe; it has weights of its own.</summary>
internal sealed class MapSession : IDisposable
{
    private readonly NetworkSession _session;
    private readonly VisionArchitecture _architecture;
    private readonly IReadOnlyList<string> _stages;

    /// <exception cref="InvalidOperationException">The model was loaded from a file without its weights in 32-bit floats.</exception>
    public MapSession(IHostEnvironment environment, ScorableModel model, ScoringOptions options, bool includesStages, Type owner)
    {
        _architecture = model.Architecture;
        var outputs = OnnxOutputs.HeadLogits | OnnxOutputs.ClassActivationMaps;
        string[] stages = [];
        if (_architecture.HasClassToken)
            outputs |= OnnxOutputs.ClassAttention;
        // Of a network that lacks a level no stage is shown, as graphs give all levels or none.
        if (includesStages && !_architecture.MissingFeatureLevels.Any())
        {
            outputs |= OnnxOutputs.FeatureMaps | (_architecture.HasClassToken ? OnnxOutputs.TokenMaps : OnnxOutputs.None);
            stages = [.. _architecture.FeatureLevels.Select(GraphNames.FeatureMap)];
            if (_architecture.HasClassToken)
                stages = [.. stages, .. _architecture.FeatureLevels.Select(GraphNames.TokenMap)];
        }
        _stages = stages;
        Input = new NetworkInput(model.ImageSize, model.Preprocessing, OnnxInputKind.NormalizedNchw);
        Decoding = options.DecodingFor(model.Preprocessing);
        var built = model.Build(
            OnnxInputKind.NormalizedNchw, new OnnxExportOptions { AdditionalOutputs = outputs }, includeClassIndex: false);
        string[] names =
        [
            .. _architecture.Heads.Select(head => head.LogitsName), GraphNames.ClassActivationMaps,
            .. _architecture.HasClassToken ? (string[])[GraphNames.ClassAttention, GraphNames.Rollout] : [], .. stages,
        ];
        _session = new NetworkSession(environment, OnnxModelWriter.ToArray(built), Input, names, options, owner);
    }

    public NetworkInput Input { get; }

    public ImageDecoding Decoding { get; }

    /// <summary>Runs the network on N images as <see cref="NetworkInput"/> writes them.</summary>
    public IReadOnlyList<NetworkMaps> Run(Memory<float> images, int count)
    {
        var values = new OutputValues(_session.Outputs, count);
        _session.Run(images, count, values);
        return [.. Enumerable.Range(0, count).Select(image => new NetworkMaps(_architecture, _stages, _session.Outputs, values, image))];
    }

    public void Dispose() => _session.Dispose();
}
