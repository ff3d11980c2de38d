using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Explain;

/// <summary>What a network tells of one image: the logits of its heads, and maps.</summary>
internal sealed class NetworkMaps
{
    private readonly Dictionary<string, (OnnxOutput Output, ReadOnlyMemory<float> Values)> _values;

    public NetworkMaps(
        VisionArchitecture architecture, IReadOnlyList<string> stages, IReadOnlyList<OnnxOutput> outputs, OutputValues values, int image)
    {
        _values = outputs.Index().ToDictionary(
            output => output.Item.Name, output => (output.Item, (ReadOnlyMemory<float>)values.Of(output.Index, image)));
        Stages = [.. stages.Select(StageOf)];
        // Their channels take megabytes, and are not needed any more.
        foreach (var stage in stages)
            _values.Remove(stage);
        Heads = [.. architecture.Heads.Select(head => (head.Branch, _values[head.LogitsName].Values))];
        Logits = new float[architecture.NumClasses];
        foreach (var (_, logits) in Heads)
            TensorPrimitives.Add(Logits, logits.Span, Logits);
    }

    /// <summary>Each branch's logits, [C].</summary>
    public IReadOnlyList<(string Branch, ReadOnlyMemory<float> Logits)> Heads { get; }

    /// <summary>Their sum, by which the network decides, [C].</summary>
    public float[] Logits { get; }

    /// <summary>The branches' maps stage by stage, where they were asked for.</summary>
    public IReadOnlyList<ImageMap> Stages { get; }

    private bool HaveClassAttention => _values.ContainsKey(GraphNames.Rollout);

    public ImageMap ClassActivation(int classIndex)
    {
        var (cam, values) = _values[GraphNames.ClassActivationMaps];
        var (height, width) = (cam.Shape[1], cam.Shape[2]);
        return Map(ImageMapKind.ClassActivation, height, width, values.Span.Slice(classIndex * height * width, height * width).ToArray());
    }

    public ImageMap Rollout()
    {
        var (rollout, values) = _values[GraphNames.Rollout];
        return Map(ImageMapKind.AttentionRollout, rollout.Shape[0], rollout.Shape[1], values.ToArray());
    }

    /// <summary>The mean of all blocks.</summary>
    public ImageMap ClassAttention()
    {
        var (attention, values) = _values[GraphNames.ClassAttention];
        var (blocks, height, width) = (attention.Shape[0], attention.Shape[1], attention.Shape[2]);
        var mean = new float[height * width];
        for (var block = 0; block < blocks; block++)
            TensorPrimitives.Add(mean, values.Span.Slice(block * mean.Length, mean.Length), mean);
        TensorPrimitives.Divide(mean, blocks, mean);
        return Map(ImageMapKind.ClassAttention, height, width, mean);
    }

    public ImageMap Coupled(int classIndex)
    {
        // Single patches stand out of attention, some beside the object; a pixel of the other map is as large as 2 x 2 of them.
        var attention = MeanOfNeighbors(ClassAttention()).Normalize();
        var coupled = ClassActivation(classIndex).Resize(attention.Height, attention.Width).Normalize().Array;
        TensorPrimitives.Multiply(coupled, attention.Array, coupled);
        return Map(ImageMapKind.Coupled, attention.Height, attention.Width, coupled);
    }

    /// <summary>The maps of a class, and those that are of no class.</summary>
    public IReadOnlyList<ImageMap> Of(int classIndex) => HaveClassAttention
        ? [ClassActivation(classIndex), Rollout(), ClassAttention(), Coupled(classIndex)]
        : [ClassActivation(classIndex)];

    private ImageMap StageOf(string stage)
    {
        var (map, values) = _values[stage];
        var (channels, height, width) = (map.Shape[0], map.Shape[1], map.Shape[2]);
        return new ImageMap(ImageMapKind.Stage, stage, height, width, RootMeanSquare(values.Span, channels, height * width));
    }

    /// <summary>At each place the mean of the up to 3 x 3 places around it.</summary>
    private static ImageMap MeanOfNeighbors(ImageMap map)
    {
        var means = new float[map.Array.Length];
        for (var place = 0; place < means.Length; place++)
        {
            var (row, column) = (place / map.Width, place % map.Width);
            var (sum, count) = (0.0, 0);
            for (var y = Math.Max(row - 1, 0); y <= Math.Min(row + 1, map.Height - 1); y++)
                for (var x = Math.Max(column - 1, 0); x <= Math.Min(column + 1, map.Width - 1); x++)
                    (sum, count) = (sum + map.Array[y * map.Width + x], count + 1);
            means[place] = (float)(sum / count);
        }
        return Map(map.Kind, map.Height, map.Width, means);
    }

    private static float[] RootMeanSquare(ReadOnlySpan<float> values, int channels, int places)
    {
        // In doubles, as the squares of large values are no 32-bit floats.
        var sums = new double[places];
        for (var i = 0; i < channels * places; i++)
            sums[i % places] += (double)values[i] * values[i];
        return [.. sums.Select(sum => (float)Math.Sqrt(sum / channels))];
    }

    private static ImageMap Map(ImageMapKind kind, int height, int width, float[] values) => new(kind, kind.ToString(), height, width, values);
}
