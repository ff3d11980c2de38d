using System.Text;
using Microsoft.ML.Conformer.Detection.Data;
using Microsoft.ML.Conformer.Tests.Data.Folders;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Detection.Data;

[TestClass]
public sealed class PascalVocFolderTests
{
    private const string Size = "<size><width>50</width><height>40</height><depth>3</depth></size>";

    private readonly ImageTree _tree = new("JPEGImages/a.jpg", "JPEGImages/b.png");

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void ObjectsHaveTheirBoxesFromPixelOneOnAndDifficultOnesAreCrowds()
    {
        Write("b", "<filename>b.png</filename>" + Size + Object("dog", 1, 1, 50, 40) +
            Object("cat", 11, 6, 20, 25, "<difficult>1</difficult>"));
        Write("a", Size);

        var read = PascalVocFolder.Read(_tree.Path, split: null, classNames: null);

        CollectionAssert.AreEqual(new[] { "cat", "dog" }, read.ClassNames.ToArray());
        CollectionAssert.AreEqual(
            new[] { _tree.File("JPEGImages", "a.jpg"), _tree.File("JPEGImages", "b.png") }, read.Images.Select(one => one.Path).ToArray());
        Assert.IsEmpty(read.Images[0].Objects);
        CollectionAssert.AreEqual(
            new[]
            {
                new AnnotatedObject(1, new ImageBox(0, 0, 50, 40), 2000, false, null),
                new AnnotatedObject(0, new ImageBox(10, 5, 10, 20), 200, true, null),
            },
            read.Images[1].Objects.ToArray());
        Assert.IsEmpty(read.Findings.Found);
    }

    [TestMethod]
    public void AListGivesTheImagesOfASplitAndTheirOrder()
    {
        Write("a", Size + Object("cat", 1, 1, 5, 5));
        Write("b", Size + Object("dog", 1, 1, 5, 5));
        _tree.Write("ImageSets/Main/val.txt", "b\n\na  -1\ngone\n"u8.ToArray());

        var read = PascalVocFolder.Read(_tree.Path, "val", ["dog"]);

        CollectionAssert.AreEqual(new[] { "b.png", "a.jpg" }, read.Images.Select(one => Path.GetFileName(one.Path)).ToArray());
        Assert.AreEqual((1, 0), (read.Images[0].Objects.Count, read.Images[1].Objects.Count));
        Assert.AreEqual(1, read.Findings.Count(AnnotationFault.BadImage));
        Assert.AreEqual(1, read.Findings.Count(AnnotationFault.UnknownClass));
    }

    [TestMethod]
    public void ASizeThatIsLackingIsReadFromTheImage()
    {
        _tree.Write("JPEGImages/c.png", ImageFileBytes.Png(12, 9, new byte[4 * 12 * 9]));
        Write("c", Object("cat", 1, 1, 100, 5));

        var read = PascalVocFolder.Read(_tree.Path, null, null);

        Assert.AreEqual((9, 12), (read.Images[0].Height, read.Images[0].Width));
        Assert.AreEqual(new ImageBox(0, 0, 12, 5), read.Images[0].Objects.Single().Box);
        Assert.AreEqual(1, read.Findings.Count(AnnotationFault.ClippedBox));
    }

    [TestMethod]
    [DataRow("<annotation><size>", "BadImage", "b.xml': ")]
    [DataRow("<!DOCTYPE a [<!ENTITY x 'y'>]><annotation/>", "BadImage", "DTD")]
    [DataRow("", "BadImage", "Root element is missing")]
    [DataRow("<annotation><filename>gone.jpg</filename></annotation>", "MissingImage", "image 'gone.jpg': it is not in the")]
    public void AFileThatCannotBeUsedIsLeftOutAndNamed(string xml, string fault, string message)
    {
        Write("a", Size + Object("cat", 1, 1, 5, 5));
        _tree.Write("Annotations/b.xml", Encoding.UTF8.GetBytes(xml));
        File.Delete(_tree.File("JPEGImages", "b.png"));

        var read = PascalVocFolder.Read(_tree.Path, null, null);

        Assert.HasCount(1, read.Images);
        Assert.AreEqual(fault, read.Findings.Found.Single().Fault.ToString());
        StringAssert.Contains(read.Findings.Found[0].Message, message);
        StringAssert.Contains(read.Findings.Found[0].Message, "b.xml'");
    }

    [TestMethod]
    [DataRow("<object><name>cat</name></object>", "BadAnnotation", "its numbers must be finite")]
    [DataRow("<object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>",
        "BadAnnotation", "it has no name")]
    [DataRow("<object><name>cat</name><bndbox><xmin>NaN</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>",
        "BadAnnotation", "finite")]
    [DataRow("<object><name>cat</name><bndbox><xmin>9</xmin><ymin>1</ymin><xmax>1</xmax><ymax>9</ymax></bndbox></object>",
        "TinyBox", "the box is -7 x 9 pixels")]
    public void AnObjectThatCannotBeUsedIsLeftOutAndNamed(string xml, string fault, string message)
    {
        Write("a", Size + Object("cat", 1, 1, 5, 5) + xml);

        var read = PascalVocFolder.Read(_tree.Path, null, null);

        Assert.HasCount(1, read.Images[0].Objects);
        Assert.AreEqual(fault, read.Findings.Found.Single().Fault.ToString());
        StringAssert.Contains(read.Findings.Found[0].Message, "a.xml', image 'a.jpg', object 2 in line 1: ");
        StringAssert.Contains(read.Findings.Found[0].Message, message);
    }

    [TestMethod]
    public void AFolderWithoutAnnotationsOrObjectsIsRefused()
    {
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => PascalVocFolder.Read(_tree.Path, null, null));
        Write("a", Size);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(
            () => PascalVocFolder.Read(_tree.Path, null, null)).Message, "has no image with objects");
    }

    private static string Object(string name, int left, int top, int right, int bottom, string more = "") =>
        $"<object><name>{name}</name>{more}<bndbox><xmin>{left}</xmin><ymin>{top}</ymin>" +
        $"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>";

    private void Write(string name, string content) =>
        _tree.Write($"Annotations/{name}.xml", Encoding.UTF8.GetBytes($"<annotation>{content}</annotation>"));
}
