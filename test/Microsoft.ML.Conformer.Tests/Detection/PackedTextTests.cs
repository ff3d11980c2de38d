using Microsoft.ML.Conformer.Detection.Saving;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Bytes come back from text, and other text is refused.</summary>
[TestClass]
public sealed class PackedTextTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(14)]
    [DataRow(15)]
    [DataRow(16)]
    [DataRow((15 << 17) - 1)]
    [DataRow(15 << 17)]
    [DataRow((30 << 17) + 7)]
    public void BytesComeBack(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);

        var pieces = Pieces(bytes);

        Assert.IsTrue(pieces.All(piece => piece.Span.IndexOfAnyExceptInRange('\u4000', '\uBFFF') < 0));
        CollectionAssert.AreEqual(bytes, PackedText.Read([.. pieces, default, default]));
    }

    [TestMethod]
    public void OtherTextIsRefused()
    {
        var pieces = Pieces(new byte[(15 << 17) + 100]);

        foreach (var wrong in new ReadOnlyMemory<char>[][]
        {
            [], ["text".AsMemory()], pieces[..^1], [pieces[0], pieces[1], pieces[2][..^1]], [pieces[0], pieces[2], pieces[1]],
            [pieces[0], pieces[1], new string('x', pieces[2].Length).AsMemory()],
        })
            Assert.ThrowsExactly<FormatException>(() => PackedText.Read(wrong));
    }

    private static ReadOnlyMemory<char>[] Pieces(byte[] bytes) => [.. PackedText.Write(bytes).Select(piece => piece.AsMemory())];
}
