using System.Text;
using Microsoft.ML.Conformer.Tests.Data.Folders;

namespace Microsoft.ML.Conformer.Tests.Localization;

[TestClass]
public sealed class ImageBoxesTests
{
    private readonly ImageTree _tree = new();

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void ACsvGivesTheBoxesOfEachImageByItsFullPath()
    {
        var file = Write("lists/boxes.csv", "\uFEFFHeight,note,Path,left,TOP,width\r\n" +
            "4,\"two\nlines\",../photos/1.png,1,2,3\r\n" +
            "8.5,,\"../photos/a, \"\"b\"\".png\",5e0,-6.25,7\r\n" +
            $"1,,{_tree.File("photos", "1.png")},0,0,1\r\n");

        var boxes = ImageBoxes.ReadCsv(file);

        Assert.AreEqual(2, boxes.Count);
        CollectionAssert.AreEqual(
            new[] { new ImageBox(1, 2, 3, 4), new ImageBox(0, 0, 1, 1) }, boxes[_tree.File("photos", "1.png")].ToArray());
        CollectionAssert.AreEqual(new[] { new ImageBox(5, -6.25, 7, 8.5) }, boxes[_tree.File("photos", "a, \"b\".png")].ToArray());
    }

    [TestMethod]
    [DataRow("path,left,top,width\n", "line 1: expected a header with the columns path, left, top, width and height, with commas between")]
    [DataRow("", "line 1: expected a header")]
    [DataRow("path,left,top,width,height,Left\n", "line 1: there are several columns left.")]
    [DataRow("path,left,top,width,height\n", "lists no boxes")]
    [DataRow("path,left,top,width,height\n\na.png,1,2,3,4\n,1,2,3,4\n", "line 4: it has no path.")]
    [DataRow("path,left,top,width,height\na.png,1,2,3\n", "line 2: height is ''; it must be a number of pixels above 0.")]
    [DataRow("path,left,top,width,height\na.png,1,2,0,4\n", "line 2: width is '0'; it must be a number of pixels above 0.")]
    [DataRow("path,left,top,width,height\na.png,\"1,5\",2,3,4\n", "line 2: left is '1,5'; it must be a number of pixels.")]
    [DataRow("path,left,top,width,height\na.png,1,NaN,3,4\n", "line 2: top is 'NaN'; it must be a number of pixels.")]
    [DataRow("path,left,top,width,height\na.png,1,\u001B[31m,3,4\n", "line 2: top is '\\u001B[31m'; it must be a number of pixels.")]
    [DataRow("path,left,top,width,height\na\0.png,1,2,3,4\n", "line 2: the path has a character 0.")]
    [DataRow("path,left,top,width,height\n\"a.png,1,2,3,4\n", "line 2: quotes are not closed")]
    public void ErrorsOfACsvNameFileAndLine(string content, string fault)
    {
        var file = Write("boxes.csv", content);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCsv(file)).Message;

        StringAssert.Contains(error, fault.StartsWith("line", StringComparison.Ordinal) ? $"'{file}', {fault}" : $"'{file}' {fault}");
    }

    [TestMethod]
    public void AnotherEncodingIsSaid()
    {
        var file = _tree.Write("boxes.csv", Encoding.Latin1.GetBytes("path,left,top,width,height\ncaf\u00E9.png,1,2,3,4\n"));

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCsv(file)).Message, "line 2: it is not valid UTF-8");
    }

    [TestMethod]
    public void AFolderOrAPipeIsNotReadAsAFile()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCsv(_tree.Path)).Message, "is a folder, not a file.");
        _tree.Shell("mkfifo bounding_boxes.txt && echo '1 a.png' > images.txt");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCub(_tree.Path)).Message, "is a pipe, not a file.");
    }

    [TestMethod]
    [DoNotParallelize] // what is allocated is counted in the whole process
    public void AGigabyteWithoutAnEndOfLineIsNotReadIntoMemory()
    {
        foreach (var name in new[] { "boxes.csv", "images.txt" })
            using (var sparse = File.Create(_tree.File(name)))
                sparse.SetLength(1L << 30);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCsv(_tree.File("boxes.csv")));
        Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCub(_tree.Path));

        Assert.IsLessThan(100_000_000, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    [TestMethod]
    public void CubsListsGiveTheBoxesOfAllImagesOrOfAPart()
    {
        // Lines as the data set has them.
        Write("images.txt", """
            1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg
            2 001.Black_footed_Albatross/Black_Footed_Albatross_0009_34.jpg
            3 002.Laysan_Albatross/with a space.jpg

            """);
        Write("bounding_boxes.txt", "1 60.0 27.0 325.0 304.0\r\n2 139.0 30.0 153.0 264.0\r\n3 14.0 112.0 388.0 186.0\r\n");
        var (first, second, third) = (
            _tree.File("images", "001.Black_footed_Albatross", "Black_Footed_Albatross_0046_18.jpg"),
            _tree.File("images", "001.Black_footed_Albatross", "Black_Footed_Albatross_0009_34.jpg"),
            _tree.File("images", "002.Laysan_Albatross", "with a space.jpg"));

        var all = ImageBoxes.ReadCub(_tree.Path);
        Write("train_test_split.txt", "1 0\n2 1\n3 0\n");
        var (train, test) = (ImageBoxes.ReadCub(_tree.Path, forTraining: true), ImageBoxes.ReadCub(_tree.Path, forTraining: false));

        CollectionAssert.AreEquivalent(new[] { first, second, third }, all.Keys.ToArray());
        Assert.AreEqual(new ImageBox(60, 27, 325, 304), all[first].Single());
        Assert.AreEqual(new ImageBox(14, 112, 388, 186), all[third].Single());
        CollectionAssert.AreEqual(new[] { second }, train.Keys.ToArray());
        CollectionAssert.AreEquivalent(new[] { first, third }, test.Keys.ToArray());
        Assert.AreEqual(new ImageBox(139, 30, 153, 264), train[second].Single());
    }

    [TestMethod]
    [DataRow("images.txt", "1 a.jpg\n1 b.jpg\n", "', line 2: image 1 is in line 1 already.")]
    [DataRow("images.txt", "1 a.jpg\n2\n", "', line 2: it has no path.")]
    [DataRow("images.txt", "1 a.jpg\n2 b.jpg\n3 c.jpg\n", "bounding_boxes.txt' has no line of image 3, which images.txt lists.")]
    [DataRow("bounding_boxes.txt", "1 1 2 3 4\n2 1 2 3\n", "', line 2: expected an image's number, left, top, width and height; found 4")]
    [DataRow("bounding_boxes.txt", "1 1 2 3 4\n2 1 2 3 -4\n", "', line 2: height is '-4'; it must be a number of pixels above 0.")]
    [DataRow("train_test_split.txt", "1 1\n2 train\n", "', line 2: expected an image's number and 1 or 0; found 'train'.")]
    [DataRow("train_test_split.txt", "1 1\n", "train_test_split.txt' has no line of image 2, which images.txt lists.")]
    public void ErrorsOfCubsListsNameFileAndLine(string name, string content, string fault)
    {
        Write("images.txt", "1 a.jpg\n2 b.jpg\n");
        Write("bounding_boxes.txt", "1 1 2 3 4\n2 5 6 7 8\n");
        Write("train_test_split.txt", "1 1\n2 1\n3 1\n");
        var file = Write(name, content);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ImageBoxes.ReadCub(_tree.Path, forTraining: true)).Message;

        StringAssert.Contains(error, fault.StartsWith('\'') ? $"'{file}{fault}" : fault);
    }

    [TestMethod]
    public void AnAbsentListIsAnError() =>
        Assert.ThrowsExactly<FileNotFoundException>(() => ImageBoxes.ReadCub(_tree.Path));

    private string Write(string name, string content) => _tree.Write(name, Encoding.UTF8.GetBytes(content));
}
