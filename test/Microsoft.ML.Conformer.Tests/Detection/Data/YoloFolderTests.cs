using System.Text;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Data;
using Microsoft.ML.Conformer.Tests.Data.Folders;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Detection.Data;

[TestClass]
public sealed class YoloFolderTests
{
    private readonly ImageTree _tree = new();

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    [DataRow("images/train", "labels/train", "data.yaml", "train")]
    [DataRow("train/images", "train/labels", "data.yaml", "train")]
    [DataRow("images", "labels", "data.yaml", null)]
    public void BoxesAndPolygonsAreFractionsOfTheImage(string images, string labels, string names, string? split)
    {
        Write(names, "path: x\nnames:\n  0: cat\n  1: dog\nnc: 2\n");
        Image($"{images}/a.png", 40, 20);
        Image($"{images}/b.png", 8, 8);
        Write($"{labels}/a.txt", "1 0.5 0.5 0.25 0.5\n\n0 0.1 0.1 0.6 0.1 0.6 0.9\n");

        var read = YoloFolder.Read(_tree.Path, split, null);

        CollectionAssert.AreEqual(new[] { "cat", "dog" }, read.ClassNames.ToArray());
        Assert.HasCount(2, read.Images);
        Assert.IsEmpty(read.Images[1].Objects);
        var (box, polygon) = (read.Images[0].Objects[0], read.Images[0].Objects[1]);
        Assert.AreEqual(new AnnotatedObject(1, new ImageBox(15, 5, 10, 10), 100, false, null), box);
        Assert.AreEqual((0, 4.0, 2.0), (polygon.ClassIndex, polygon.Box.Left, polygon.Box.Top));
        Assert.AreEqual(RunLengthMask.FromPolygons([[4, 2, 24, 2, 24, 18]], 20, 40).ToString(), polygon.Mask);
        Assert.IsEmpty(read.Findings.Found);
    }

    [TestMethod]
    [DataRow("data.yaml", "names: ['a, b', \"it's\", c] # three\nnc: 3\n", "a, b|it's|c")]
    [DataRow("data.yaml", "names: {0: cat, 1: dog}\n", "cat|dog")]
    [DataRow("data.yaml", "# names: [x]\nnc: 2\nnames:\n- cat\n- 'it''s' \n\ntrain: x\n", "cat|it's")]
    [DataRow("data.yaml", "names:\n  1: dog # the other\n  0: cat\nother:\n  2: x\n", "cat|dog")]
    [DataRow("data.yaml", "names: [cat,\n  dog,\n  bird\n]\n", "cat|dog|bird")]
    [DataRow("classes.txt", "cat\r\ndog\r\n\r\n", "cat|dog")]
    public void ClassesHaveTheirNamesOutOfAFile(string file, string content, string expected)
    {
        Write(file, content);

        Assert.AreEqual(expected, string.Join('|', YoloNames.Find([_tree.File("none"), _tree.Path])!));
    }

    [TestMethod]
    [DataRow("nc: 2\n")]
    [DataRow("names:\n")]
    [DataRow("names: 5\n")]
    [DataRow("names: {0: cat, 2: dog}\n")]
    [DataRow("names: [cat, '']\n")]
    public void AFileWithoutNamesIsRefused(string yaml)
    {
        Write("data.yaml", yaml);

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => YoloNames.Find([_tree.Path])).Message, "data.yaml' has no names of classes");
    }

    [TestMethod]
    [DataRow("2 0.5 0.5 0.2 0.2", "UnknownClass", "the class is '2'; there are 2 classes.")]
    [DataRow("-1 0.5 0.5 0.2 0.2", "UnknownClass", "the class is '-1'")]
    [DataRow("cat 0.5 0.5 0.2 0.2", "UnknownClass", "the class is 'cat'")]
    [DataRow("0 0.5 NaN 0.2 0.2", "BadAnnotation", "'NaN' is no number.")]
    [DataRow("0 0.5 0.5 0.2", "BadAnnotation", "it has 4 numbers; expected a class")]
    [DataRow("0 0.5 0.5 0 0.2", "TinyBox", "the box is 0 x 4 pixels")]
    [DataRow("0 2.5 0.5 0.2 0.2", "BoxOutside", "the image 40 x 20.")]
    [DataRow("0", "BadAnnotation", "it has 1 numbers")]
    public void ALineThatCannotBeUsedIsLeftOutAndNamed(string line, string fault, string message)
    {
        Write("classes.txt", "cat\ndog\n");
        Image("images/a.png", 40, 20);
        Write("labels/a.txt", $"0 0.5 0.5 0.2 0.2\n{line}\n");

        var read = YoloFolder.Read(_tree.Path, null, null);

        Assert.HasCount(1, read.Images[0].Objects);
        Assert.AreEqual(fault, read.Findings.Found.Single().Fault.ToString());
        StringAssert.StartsWith(read.Findings.Found[0].Message, $"'{_tree.File("labels", "a.txt")}', image 'a.png', line 2: ");
        StringAssert.Contains(read.Findings.Found[0].Message, message);
    }

    [TestMethod]
    public void ImagesAndTextsWithoutTheOtherAreToldOrHaveNoObjects()
    {
        Write("classes.txt", "cat\n");
        Image("images/a.png", 40, 20);
        Write("images/bad.png", "no image");
        Write("labels/gone.txt", "0 0.5 0.5 0.2 0.2\n");

        var read = YoloFolder.Read(_tree.Path, null, null);

        Assert.HasCount(1, read.Images);
        CollectionAssert.AreEquivalent(
            new[] { AnnotationFault.BadImage, AnnotationFault.MissingImage }, read.Findings.Found.Select(one => one.Fault).ToArray());
        Assert.IsTrue(read.Findings.Found.Any(one => one.Message.Contains("bad.png': its size cannot be read", StringComparison.Ordinal)));
        Assert.IsTrue(read.Findings.Found.Any(one => one.Message.Contains("gone.txt': there is no image", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void AFolderThatIsNoneIsRefused()
    {
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => YoloFolder.Read(_tree.Path, null, null));
        Image("images/a.png", 4, 4);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(
            () => YoloFolder.Read(_tree.File("images", ".."), null, null)).Message, "has no names of classes: expected data.yaml");
    }

    private void Image(string file, int width, int height) =>
        _tree.Write(file, ImageFileBytes.Png(width, height, new byte[4 * width * height]));

    private void Write(string file, string content) => _tree.Write(file, Encoding.UTF8.GetBytes(content));
}
