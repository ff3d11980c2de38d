using Microsoft.ML.Conformer.Weights.Checkpoints;

namespace Microsoft.ML.Conformer.Tests.Weights.Checkpoints;

[TestClass]
public sealed class Crc32Tests
{
    [TestMethod]
    public void TheCheckValueOfTheStandardIsRight() => Assert.AreEqual(0xCBF43926u, Crc32.Of("123456789"u8));

    [TestMethod]
    public void NothingHasZero() => Assert.AreEqual(0u, Crc32.Of([]));

    [TestMethod]
    public void EveryLengthAndEverySplitGivesWhatBitByBitDivisionGives()
    {
        var bytes = new byte[700];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++)
        {
            var expected = BitByBit(bytes.AsSpan(0, length));
            Assert.AreEqual(expected, Crc32.Of(bytes.AsSpan(0, length)), $"{length} bytes");
            var crc = new Crc32();
            crc.Append(bytes.AsSpan(0, length / 3));
            crc.Append(bytes.AsSpan(length / 3, length - length / 3));
            Assert.AreEqual(expected, crc.Value, $"{length} bytes in two parts");
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        var state = uint.MaxValue;
        foreach (var value in bytes)
        {
            state ^= value;
            for (var bit = 0; bit < 8; bit++)
                state = (state & 1) != 0 ? (state >> 1) ^ 0xEDB88320 : state >> 1;
        }
        return ~state;
    }
}
