using Microsoft.ML.Conformer.Training.Records;

namespace Microsoft.ML.Conformer.Tests.Training.Records;

[TestClass]
public sealed class ConfusionMatrixTests
{
    private static readonly byte[] _none = [247, 251, 255], _all = [8, 48, 107];

    [TestMethod]
    public void ACellIsAsDarkAsItsShareOfItsRow()
    {
        var matrix = new ConfusionMatrix([0, 0, 0, 0, 2], ["a", "b", "c"]);

        var (rgb, side) = matrix.Draw([1, 1, 1, 0, 2])!.Value;

        Assert.AreEqual(3 * matrix.CellSide + 1, side);
        Assert.AreEqual(rgb.Length, side * side * 3);
        CollectionAssert.AreEqual(new byte[] { 187, 200, 218 }, Cell(0, 0)); // a quarter
        CollectionAssert.AreEqual(new byte[] { 68, 99, 144 }, Cell(0, 1)); // three quarters
        CollectionAssert.AreEqual(_none, Cell(0, 2));
        for (var column = 0; column < 3; column++)
            CollectionAssert.AreEqual(_none, Cell(1, column), "a class without images");
        CollectionAssert.AreEqual(_none, Cell(2, 0));
        CollectionAssert.AreEqual(_all, Cell(2, 2));

        byte[] Cell(int row, int column)
        {
            var at = 3 * ((row * matrix.CellSide + matrix.CellSide / 2) * side + column * matrix.CellSide + matrix.CellSide / 2);
            return rgb[at..(at + 3)];
        }
    }

    [TestMethod]
    public void CellsOfManyClassesHaveNoLinesAroundThem()
    {
        var matrix = new ConfusionMatrix([99], [.. Enumerable.Range(0, 100).Select(index => $"{index}")]);

        var (rgb, side) = matrix.Draw([99])!.Value;

        Assert.AreEqual(400, side);
        CollectionAssert.AreEqual(_none, rgb[..3]);
        CollectionAssert.AreEqual(_all, rgb[^3..]);
        Assert.AreEqual(4 * 4, rgb.Chunk(3).Count(pixel => pixel.SequenceEqual(_all)));
    }

    [TestMethod]
    public void WithoutAPredictionForEachImageThereIsNone() => Assert.IsNull(new ConfusionMatrix([0, 1], ["a", "b"]).Draw([]));
}
