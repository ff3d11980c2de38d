using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>Reads the references' constructor arguments.</summary>
internal static class GoldenArchitecture
{
    public static VisionArchitecture Read(JsonElement constructor) =>
        constructor.TryGetProperty("inplanes", out _) ? ReadConTNet(constructor) : ReadConformer(constructor);

    public static VisionNetwork CreateNetwork(VisionArchitecture architecture) => architecture switch
    {
        ConformerArchitecture conformer => new ConformerNetwork(conformer),
        ConTNetArchitecture conTNet => new ConTNetNetwork(conTNet),
        _ => throw new ArgumentException($"No golden is of a {architecture.GetType().Name}.", nameof(architecture)),
    };

    private static ConTNetArchitecture ReadConTNet(JsonElement constructor)
    {
        bool Flag(string name) => constructor.TryGetProperty(name, out var value) && value.GetBoolean();
        int[] Integers(string name) => [.. constructor.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
        var (blocks, mlpWidths, heads) = (Integers("layers"), Integers("mlp_dim"), Integers("head_num"));
        double[] dropRates = [.. constructor.GetProperty("dropout").Numbers()];
        return new ConTNetArchitecture
        {
            NumClasses = constructor.GetProperty("num_classes").GetInt32(),
            StemWidth = constructor.GetProperty("inplanes").GetInt32(),
            Stages =
            [
                .. blocks.Select((count, i) => new ConTNetStage
                {
                    Blocks = count,
                    MlpWidth = mlpWidths[i],
                    NumHeads = heads[i],
                    DropRate = dropRates[i],
                    SecondWindow = i == blocks.Length - 1 ? 7 : 14, // not among the arguments
                }),
            ],
            LastDropRate = constructor.GetProperty("last_dropout").GetDouble(),
            DeepStem = Flag("tweak_C"),
            AverageDown = Flag("use_avgdown"),
            RelativePositions = Flag("relative"),
            QkvBias = Flag("qkv_bias"),
            PreNorm = Flag("pre_norm"),
        };
    }

    private static ConformerArchitecture ReadConformer(JsonElement constructor)
    {
        double Number(string name, double fallback) => constructor.TryGetProperty(name, out var value) ? value.GetDouble() : fallback;
        Assert.AreEqual(64, Number("base_channel", 64), "the stem has 64 channels");
        return new ConformerArchitecture
        {
            NumClasses = (int)Number("num_classes", 1000),
            InputChannels = (int)Number("in_chans", 3),
            PatchSize = (int)Number("patch_size", 16),
            ChannelRatio = Number("channel_ratio", 4),
            BottlenecksPerBlock = (int)Number("num_med_block", 0),
            EmbedDim = (int)Number("embed_dim", 768),
            Depth = (int)Number("depth", 12),
            NumHeads = (int)Number("num_heads", 12),
            MlpRatio = Number("mlp_ratio", 4),
            QkvBias = constructor.TryGetProperty("qkv_bias", out var bias) && bias.GetBoolean(),
        };
    }
}
