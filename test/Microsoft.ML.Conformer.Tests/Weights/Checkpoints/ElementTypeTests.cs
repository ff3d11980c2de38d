using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Weights.Checkpoints;

namespace Microsoft.ML.Conformer.Tests.Weights.Checkpoints;

[TestClass]
public sealed class ElementTypeTests
{
    [TestMethod]
    public void HalfPrecisionIsWidenedExactly()
    {
        Half[] halves = [Half.Epsilon, Half.MaxValue, Half.MinValue, (Half)(-0.0), Half.NaN, Half.PositiveInfinity, (Half)1.5];
        CollectionAssert.AreEqual(halves.Select(half => (float)half).ToArray(), Decode(ElementType.Float16, halves));
    }

    [TestMethod]
    public void BFloat16IsTheUpperHalfOfAFloat() => CollectionAssert.AreEqual(
        new[] { 1f, -2f, float.PositiveInfinity, BitConverter.UInt32BitsToSingle(0x00010000) },
        Decode(ElementType.BFloat16, new ushort[] { 0x3f80, 0xc000, 0x7f80, 0x0001 }));

    [TestMethod]
    public void DoublesAreRoundedToNearestAndOverflowToInfinity() => CollectionAssert.AreEqual(
        new[] { 0.1f, float.PositiveInfinity, 1f, -3f },
        Decode(ElementType.Float64, new[] { 0.1, 1e300, 1 + 1e-9, -3 }));

    [TestMethod]
    public void IntegersKeepTheirValues()
    {
        CollectionAssert.AreEqual(new[] { 1234f, -1f }, Decode(ElementType.Int64, new[] { 1234L, -1 }));
        CollectionAssert.AreEqual(new[] { 1234f, -1f }, Decode(ElementType.Int32, new[] { 1234, -1 }));
        CollectionAssert.AreEqual(new[] { 1234f, -1f }, Decode(ElementType.Int16, new short[] { 1234, -1 }));
        CollectionAssert.AreEqual(new[] { 123f, -1f }, Decode(ElementType.Int8, new sbyte[] { 123, -1 }));
        CollectionAssert.AreEqual(new[] { 123f, 255f }, Decode(ElementType.UInt8, new byte[] { 123, 255 }));
        CollectionAssert.AreEqual(new[] { 0f, 1f }, Decode(ElementType.Boolean, new byte[] { 0, 1 }));
    }

    private static float[] Decode<T>(ElementType type, T[] stored) where T : unmanaged
    {
        var values = new float[stored.Length];
        type.Decode(MemoryMarshal.AsBytes<T>(stored), values);
        return values;
    }
}
