using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>A golden file of the kind psp-head: a pyramid pooling head by formula, its map, and what it must give.</summary>
internal sealed class GoldenHead
{
    private GoldenHead(JsonElement json) => Json = json;

    public JsonElement Json { get; }

    public SegmentationArchitecture Architecture => new()
    {
        Backbone = new ConformerArchitecture(),
        NumClasses = Json.GetProperty("classes").GetInt32(),
        Channels = Json.GetProperty("channels").GetInt32(),
        PoolScales = [.. Json.GetProperty("pool_scales").Numbers().Select(scale => (int)scale)],
    };

    /// <summary>[N, channels, H, W] of the map.</summary>
    public long[] MapShape => [.. Json.GetProperty("feature_shape").Numbers().Select(size => (long)size)];

    public float[] Map => Uniform(Json.GetProperty("feature_key").GetString()!, MapShape);

    /// <summary>Of the images that the map is of.</summary>
    public (int Height, int Width) ImageSize =>
        (Json.GetProperty("resized").GetProperty("height").GetInt32(), Json.GetProperty("resized").GetProperty("width").GetInt32());

    /// <summary>The shapes of the state dict, in order.</summary>
    public IEnumerable<(string Name, long[] Shape)> StateDict => Json.GetProperty("state_dict").EnumerateArray()
        .Select(entry => (entry[0].GetString()!, entry[1].Numbers().Select(size => (long)size).ToArray()));

    public FormulaWeights Weights =>
        new(StateDict.ToDictionary(entry => entry.Name, entry => entry.Shape), Json.GetProperty("weight_seed").GetInt32());

    /// <summary>The classes of all images' pixels; 255 for none.</summary>
    public byte[] Labels()
    {
        var classes = Architecture.NumClasses;
        var hash = Formula.Hash(Json.GetProperty("train").GetProperty("label_key").GetString()!);
        var count = MapShape[0] * ImageSize.Height * ImageSize.Width;
        return [.. Enumerable.Range(0, (int)count).Select(i =>
        {
            var value = (int)Math.Floor((Formula.Uniform(hash, (ulong)i) + 1) / 2 * (classes + 0.5));
            return (byte)(value >= classes ? byte.MaxValue : value);
        })];
    }

    /// <param name="file">Of a test case; where it is null, the test ends as inconclusive.</param>
    public static GoldenHead Open(string? file) => new(GoldenFiles.Read(file));

    private static float[] Uniform(string key, long[] shape)
    {
        var hash = Formula.Hash(key);
        var count = shape.Aggregate(1L, (product, side) => product * side);
        return [.. Enumerable.Range(0, (int)count).Select(i => (float)Formula.Uniform(hash, (ulong)i))];
    }
}
