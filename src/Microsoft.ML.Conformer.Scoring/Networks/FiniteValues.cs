using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Networks;

/// <summary>Finds NaN and infinities, at the speed of memory.</summary>
internal static class FiniteValues
{
    private const uint Exponent = 0x7F800000;

    /// <summary>The index of the first value that is not finite, or -1.</summary>
    public static int FirstOther(ReadOnlySpan<float> values)
    {
        var exponent = new Vector<uint>(Exponent);
        var blocks = MemoryMarshal.Cast<float, Vector<uint>>(values);
        var start = blocks.Length * Vector<uint>.Count;
        for (var i = 0; i < blocks.Length; i++)
            if (Vector.EqualsAny(blocks[i] & exponent, exponent))
            {
                start = i * Vector<uint>.Count;
                break;
            }
        for (var i = start; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                return i;
        return -1;
    }
}
