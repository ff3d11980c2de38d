using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Networks;

/// <summary>Finds NaN and infinities, at the speed of memory.</summary>
internal static class FiniteValues
{
    /// <summary>The index of the first value that is not finite, or -1.</summary>
    public static int FirstOther(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty || TensorPrimitives.IsFiniteAll(values))
            return -1;
        var index = 0;
        while (float.IsFinite(values[index]))
            index++;
        return index;
    }
}
