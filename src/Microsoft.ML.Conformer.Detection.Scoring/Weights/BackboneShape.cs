namespace Microsoft.ML.Conformer.Detection.Weights;

/// <summary>Tells a backbone's shape by its tensors' names and sizes; what they do not show is as published.</summary>
internal static class BackboneShape
{
    /// <summary>Channels of a head of attention in the published Conformers.</summary>
    private const int HeadWidth = 64;

    /// <exception cref="WeightMismatchException">It is none of the known networks, or its shape cannot be told.</exception>
    public static VisionArchitecture Of(TensorSizes sizes) =>
        sizes.Has(InBlock(stage: 0, block: 0, "bn.weight")) ? ConTNet(sizes) : Conformer(sizes);

    private static ConformerArchitecture Conformer(TensorSizes sizes)
    {
        var patches = Named("trans_patch_conv.weight");
        var width = sizes.Of(patches, 0);
        if (width % HeadWidth != 0)
            throw sizes.Fault(
                $"{patches} makes tokens of {width} channels, no multiple of {HeadWidth}: how many heads attend to them does not show.");
        return new ConformerArchitecture
        {
            InputChannels = sizes.Of(Named("conv1.weight"), 1),
            PatchSize = ConformerArchitecture.StemStride * sizes.Of(patches, 2),
            ChannelRatio = sizes.Of(Named("conv_1.conv3.weight"), 0) / (double)ConformerArchitecture.StemChannels,
            BottlenecksPerBlock = sizes.Count(index => Named($"conv_trans_2.med_block.{index}.conv1.weight")),
            EmbedDim = width,
            NumHeads = width / HeadWidth,
            Depth = 1 + sizes.Count(index => Named($"conv_trans_{index}.cnn_block.conv1.weight"), first: 2),
            MlpRatio = sizes.Of(Named("trans_1.mlp.fc1.weight"), 0) / (double)width,
            QkvBias = sizes.Has(Named("trans_1.attn.qkv.bias")),
            DownSampling = sizes.Has(Named("conv_trans_2.squeeze_block.sample_pooling.weight"))
                ? DownSampling.Convolution
                : DownSampling.Average,
        };
    }

    private static ConTNetArchitecture ConTNet(TensorSizes sizes)
    {
        var (plainStem, deepStem) = (Named($"{ConTNetLayout.Stem}conv.conv.weight"), Named($"{ConTNetLayout.DeepConv}1.conv.weight"));
        var isDeep = sizes.Has(deepStem);
        var isRelative = sizes.Has(InBlock(stage: 0, block: 0, BiasTable("ste1")));
        int Blocks(int stage) => sizes.Count(block => InBlock(stage, block, "bn.weight"));
        int Window(int stage, string encoder) => isRelative
            ? ((int)Math.Sqrt(sizes.Of(InBlock(stage, block: 0, BiasTable(encoder)), 0)) + 1) / 2 // a row for each distance of two
            : sizes.Of(InBlock(stage, block: 0, $"{encoder}.pe.0"), 1);
        return new ConTNetArchitecture
        {
            InputChannels = sizes.Of(isDeep ? deepStem : plainStem, 1),
            StemWidth = sizes.Of(isDeep ? Named($"{ConTNetLayout.DeepConv}3.conv.weight") : plainStem, 0),
            DeepStem = isDeep,
            AverageDown = sizes.Has(InBlock(stage: 0, Blocks(0) - 1, $"{ConTNetLayout.PooledShortcut[1..]}.weight")),
            RelativePositions = isRelative,
            QkvBias = sizes.Has(InBlock(stage: 0, block: 0, "ste1.attn.qkv.bias")),
            Stages = [.. Enumerable.Range(0, sizes.Count(stage => InBlock(stage, block: 0, "bn.weight"))).Select(stage => new ConTNetStage
            {
                Blocks = Blocks(stage),
                MlpWidth = sizes.Of(InBlock(stage, block: 0, "ste1.mlp.fc1.weight"), 0),
                NumHeads = isRelative ? sizes.Of(InBlock(stage, block: 0, BiasTable("ste1")), 1) : 1 << stage,
                FirstWindow = Window(stage, "ste1"),
                SecondWindow = Window(stage, "ste2"),
            })],
        };
    }

    private static string BiasTable(string encoder) => $"{encoder}.attn{ConTNetLayout.BiasTable}";

    /// <summary>A tensor's name in a ConTNet's block; stages and blocks count from 0.</summary>
    private static string InBlock(int stage, int block, string tensor) =>
        Named($"layer{stage + 1}{ConTNetLayout.Block}{block}.{tensor}");

    private static string Named(string tensor) => BackboneLayout.Prefix + tensor;
}
