using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>Reads the reference's constructor arguments.</summary>
internal static class GoldenArchitecture
{
    public static ConformerArchitecture Read(JsonElement constructor)
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
