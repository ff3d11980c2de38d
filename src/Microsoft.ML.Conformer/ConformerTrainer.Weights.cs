using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Published;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

public sealed partial class ConformerTrainer
{
    /// <summary>The network with the weights that it starts from: random ones, or those that the options ask for.</summary>
    private ConformerNetwork StartingNetwork(ConformerArchitecture architecture, IChannel channel)
    {
        using var pretrained = OpenPretrainedWeights(architecture, channel);
        var network = new ConformerNetwork(architecture, _options.DropPath, _options.Seed);
        try
        {
            if (pretrained is not null)
                new NetworkWeights(network).CopyFrom(pretrained.Plan);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The weights that the options ask for, matched with the network's shape, or null; what does not fit is logged.</summary>
    private PretrainedWeights? OpenPretrainedWeights(ConformerArchitecture architecture, IChannel channel)
    {
        if (_options.PretrainedWeights is not { } pathOrName)
            return null;
        var download = new WeightDownloadOptions { Progress = _options.DownloadProgress };
        var pretrained = PretrainedWeights.Open(pathOrName, architecture, _options.StrictWeights, download, _options.CancellationToken);
        Info(channel, $"Starting from {pretrained.Plan.Names.Count()} tensors of {pathOrName}.");
        foreach (var warning in pretrained.Plan.Warnings)
            channel.Warning(MessageSensitivity.None, "{0}", warning);
        return pretrained;
    }
}
