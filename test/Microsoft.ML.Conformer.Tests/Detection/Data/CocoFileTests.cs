using System.Text;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Data;
using Microsoft.ML.Conformer.Tests.Data.Folders;

namespace Microsoft.ML.Conformer.Tests.Detection.Data;

[TestClass]
public sealed class CocoFileTests
{
    private const string Images = """
        "images": [
          {"id": 7, "file_name": "b.png", "height": 40, "width": 50, "license": 1},
          {"id": 3, "file_name": "sub/a.png", "height": 30, "width": 20}]
        """;

    private const string Categories = """ "categories": [{"id": 90, "name": "dog"}, {"id": 2, "name": "cat", "supercategory": "x"}] """;

    private readonly ImageTree _tree = new("train/b.png", "train/sub/a.png");

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void ImagesComeByNumberAndClassesByTheirCategoriesNumber()
    {
        var read = Read($$"""
            {"info": {"images": [1, {"deep": []}]}, "annotations": [
              {"id": 1, "image_id": 7, "category_id": 90, "bbox": [1.5, 2, 10, 20], "area": 150.25, "iscrowd": 0,
               "segmentation": [[1, 2, 11, 2, 11, 22, 1, 22]]},
              {"id": 2, "image_id": 7, "category_id": 2, "bbox": [0, 0, 50, 40], "area": 9, "iscrowd": 1,
               "segmentation": {"size": [40, 50], "counts": [1990, 9, 1]} }], {{Categories}}, {{Images}}}
            """);

        CollectionAssert.AreEqual(new[] { "cat", "dog" }, read.ClassNames.ToArray());
        CollectionAssert.AreEqual(
            new[] { _tree.File("train", "sub", "a.png"), _tree.File("train", "b.png") }, read.Images.Select(image => image.Path).ToArray());
        Assert.AreEqual((30, 20, 0), (read.Images[0].Height, read.Images[0].Width, read.Images[0].Objects.Count));
        var (first, second) = (read.Images[1].Objects[0], read.Images[1].Objects[1]);
        Assert.AreEqual((1, new ImageBox(1.5, 2, 10, 20), 150.25, false), (first.ClassIndex, first.Box, first.Area, first.IsCrowd));
        Assert.AreEqual(RunLengthMask.FromPolygons([[1, 2, 11, 2, 11, 22, 1, 22]], 40, 50).ToString(), first.Mask);
        Assert.AreEqual((0, true), (second.ClassIndex, second.IsCrowd));
        Assert.AreEqual(RunLengthMask.FromCounts([1990, 9, 1], 40, 50).ToString(), second.Mask);
        Assert.IsEmpty(read.Findings.Found);
    }

    [TestMethod]
    public void ATextOfRunLengthsIsReadAndGivenClassesHaveTheirOrder()
    {
        var mask = RunLengthMask.FromCounts([1990, 9, 1], 40, 50);
        var json = $$"""
            {"annotations": [{"image_id": 7, "category_id": 90, "bbox": [1, 2, 3, 4],
              "segmentation": {"size": [40, 50], "counts": "{{mask.ToString().Replace("\\", "\\\\")}}"} },
              {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]}],
             {{Categories}}, {{Images}}}
            """;

        var read = Read(json, classNames: ["dog"]);

        Assert.AreEqual((0, mask.ToString()), (read.Images[1].Objects.Single().ClassIndex, read.Images[1].Objects.Single().Mask));
        Assert.AreEqual(9, read.Images[1].Objects.Single().Area);
        StringAssert.EndsWith(read.Findings.Found.Single().Message, "'cat' is none of the classes.");
    }

    [TestMethod]
    [DataRow(""" "image_id": 8, "category_id": 2, "bbox": [1, 2, 3, 4] """, "UnknownImage", "image '8', annotation 5: no image has")]
    [DataRow(""" "category_id": 2, "bbox": [1, 2, 3, 4] """, "BadAnnotation", "expected an image_id.")]
    [DataRow(""" "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4] """, "UnknownClass", "annotation 5: no category has the id '3'.")]
    [DataRow(""" "image_id": 7, "bbox": [1, 2, 3, 4] """, "UnknownClass", "no category has the id absent.")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [1, 2, 3] """, "BadAnnotation", "bbox is '[1, 2, 3]'; expected left, top, width")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [1, 2, 3, "\u001b"] """, "BadAnnotation", "expected left, top")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [1, 2, 1e999, 4] """, "BadAnnotation", "its numbers must be finite.")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [1, 2, 0, 4] """, "TinyBox", "the box is 0 x 4 pixels at 1, 2.")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [1, 2, 9, -4] """, "TinyBox", "the box is 9 x -4 pixels at 1, 2.")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "area": 0 """, "TinyBox", "its area 0.")]
    [DataRow(""" "image_id": 7, "category_id": 2, "bbox": [51, 2, 3, 4] """, "BoxOutside", "pixels at 51, 2, the image 50 x 40.")]
    public void AnAnnotationThatCannotBeUsedIsLeftOutAndNamed(string annotation, string fault, string message)
    {
        var read = Read($$"""{ {{Images}}, {{Categories}}, "annotations": [{"id": 5, {{annotation}}}]}""");

        Assert.AreEqual(0, read.Images.Sum(image => image.Objects.Count));
        Assert.AreEqual(fault, read.Findings.Found.Single().Fault.ToString());
        StringAssert.StartsWith(read.Findings.Found[0].Message, $"'{_tree.File("train", "coco.json")}', ");
        StringAssert.Contains(read.Findings.Found[0].Message, message);
    }

    [TestMethod]
    public void ABoxThatLeavesTheImageIsCutAndThatOfARoundedEdgeIsNotWorthTelling()
    {
        var read = Read($$"""
            { {{Images}}, {{Categories}}, "annotations": [
              {"id": 5, "image_id": 7, "category_id": 2, "bbox": [-10, 2, 30, 100]},
              {"id": 6, "image_id": 7, "category_id": 2, "bbox": [-0.5, 2, 51, 38.5]}]}
            """);

        CollectionAssert.AreEqual(
            new[] { new ImageBox(0, 2, 20, 38), new ImageBox(0, 2, 50, 38) }, read.Images[1].Objects.Select(one => one.Box).ToArray());
        StringAssert.Contains(read.Findings.Found.Single().Message, "image 'b.png', annotation 5: the box is 30 x 100 pixels at -10, 2");
    }

    [TestMethod]
    [DataRow("[[1, 2, 3]]", "the polygon has 3 numbers")]
    [DataRow("[1, 2, 3, 4, 5, 6]", "expected lists of numbers in it")]
    [DataRow("""[["a", 2, 3, 4, 5, 6]]""", "the segmentation has 'a' where a number is expected")]
    [DataRow("""{"size": [50, 40], "counts": [2000]}""", "of an image of height and width 50, 40; it has 40 and 50")]
    [DataRow("""{"size": [40, 50], "counts": [1999]}""", "the run lengths have 1999 pixels")]
    [DataRow("""{"size": [40, 50], "counts": [0.5]}""", "no whole number")]
    [DataRow("""{"size": [40, 50], "counts": "\ud800"}""", "no valid text")]
    [DataRow("""{"size": [40, 50], "counts": "zzzz"}""", "the run lengths have the character 'z'")]
    [DataRow("""{"size": [40, 50]}""", "no counts")]
    [DataRow("true", "expected polygons or run lengths")]
    public void AMaskThatCannotBeUsedIsNamedAndItsObjectStays(string segmentation, string message)
    {
        var read = Read($$"""
            { {{Images}}, {{Categories}}, "annotations": [
              {"id": 5, "image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "segmentation": {{segmentation}}}]}
            """);

        Assert.IsNull(read.Images[1].Objects.Single().Mask);
        Assert.AreEqual(AnnotationFault.BadMask, read.Findings.Found.Single().Fault);
        StringAssert.Contains(read.Findings.Found[0].Message, message);
    }

    [TestMethod]
    [DataRow("""{"id": 8, "file_name": "gone.png", "height": 4, "width": 5}""", "MissingImage", "image 'gone.png': there is no file '")]
    [DataRow("""{"id": 8, "file_name": "b.png", "height": 0, "width": 5}""", "BadImage", "it has 5 x 0 pixels; expected at least one")]
    [DataRow("""{"id": 8, "file_name": "b.png", "height": 99999999, "width": 99999999}""", "BadImage", "at most")]
    [DataRow("""{"id": 8, "file_name": "b.png"}""", "BadImage", "its width is absent and its height absent")]
    [DataRow("""{"id": 8, "height": 4, "width": 5}""", "BadImage", "it has no path")]
    [DataRow("""{"id": 8, "file_name": "\ud800", "height": 4, "width": 5}""", "BadImage", "it has no path")]
    [DataRow("""{"file_name": "b.png", "height": 4, "width": 5}""", "BadImage", "expected an id")]
    [DataRow("""{"id": 7, "file_name": "b.png", "height": 4, "width": 5}""", "DuplicateImage", "the id 7 is listed again")]
    [DataRow("17", "BadImage", "the image is '17'")]
    public void AnImageThatCannotBeUsedIsLeftOutAndItsAnnotationsWithIt(string image, string fault, string message)
    {
        var read = Read($$"""
            { {{Images.TrimEnd().TrimEnd(']')}}, {{image}}], {{Categories}}, "annotations": [
              {"id": 5, "image_id": 3, "category_id": 2, "bbox": [1, 2, 3, 4]}]}
            """);

        Assert.HasCount(2, read.Images);
        Assert.HasCount(1, read.Images[0].Objects);
        Assert.AreEqual(fault, read.Findings.Found.Single().Fault.ToString());
        StringAssert.Contains(read.Findings.Found[0].Message, message);
    }

    [TestMethod]
    [DataRow("[]", "expected an object with the lists images, categories.")]
    [DataRow("", "is no valid JSON")]
    [DataRow("{\"images\": [", "is no valid JSON")]
    [DataRow("{\"images\": 5}", "'images' is no list.")]
    [DataRow("{\"images\": [{\"id\": 1, \"height\": NaN}]}", "is no valid JSON")]
    [DataRow("{\"images\": []} x", "is no valid JSON")]
    [DataRow("{}", "has no list categories")]
    [DataRow("{\"categories\": [{\"id\": 1, \"name\": \"cat\"}]}", "has no image that can be used.")]
    [DataRow("{\"categories\": [{\"id\": 1}]}", "expected an id, a whole number, and a name.")]
    [DataRow("{\"categories\": [{\"id\": 1, \"name\": \"cat\"}, {\"id\": 1, \"name\": \"dog\"}]}", "'cat' and 'dog' both have the id 1.")]
    [DataRow("{\"categories\": [{\"id\": 1, \"name\": \"cat\"}, {\"id\": 2, \"name\": \"cat\"}]}", "has 2 categories 'cat'")]
    [DataRow("{\"images\": [{\"id\": 1, \"file_name\": \"a\"}, {\"id\": 1, \"file_name\": \"b\"}]}", "'a' and 'b' both have the id 1")]
    [DataRow("{\"images\": [{\"\\ud800\": 1}]}", "")]
    public void AFileThatIsNoneIsRefusedByName(string json, string message)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(json)).Message;

        StringAssert.StartsWith(error, $"'{_tree.File("train", "coco.json")}'");
        StringAssert.Contains(error, message);
    }

    [TestMethod]
    public void AClassThatTheFileLacksIsNamed() => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => Read($$"""{ {{Images}}, {{Categories}} }""", ["cat", "bird"])).Message,
        "has no category bird.");

    /// <summary>Entries end anywhere in the buffer, and one is larger than it.</summary>
    [TestMethod]
    [DoNotParallelize] // what is allocated is counted in the whole process
    [DataRow("")]
    [DataRow("\uFEFF")]
    public void AFileOfManyBuffersIsReadInPieces(string byteOrderMark)
    {
        var json = new StringBuilder($$"""{ {{Images}}, {{Categories}}, "annotations": [""");
        const int Count = 40_000;
        for (var i = 0; i < Count; i++)
            json.Append($$"""{"id": {{i}}, "image_id": 7, "category_id": {{(i % 2 == 0 ? 2 : 90)}}, "bbox": [{{i % 40}}, 2, 3, 4], """)
                .Append($"\"note\": \"{new string('x', i == 77 ? 3_000_000 : i % 331)}\"}}").Append(i < Count - 1 ? ", " : "]}");
        var path = _tree.Write("train/coco.json", Encoding.UTF8.GetBytes($"{byteOrderMark}{json}"));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var read = CocoFile.Read(path, imageFolder: null, classNames: null);

        var objects = read.Images[1].Objects;
        Assert.HasCount(Count, objects);
        Assert.IsTrue(objects.Index().All(one => one.Item.Box.Left == one.Index % 40 && one.Item.ClassIndex == one.Index % 2));
        Assert.IsLessThan(100_000_000, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    [TestMethod]
    public void OfManyFaultsAllAreCountedAndTheFirstAreShown()
    {
        var read = Read($$"""
            { {{Images}}, {{Categories}}, "annotations": [
              {{string.Join(", ", Enumerable.Range(1, 1500).Select(i => $$"""{"id": {{i}}, "image_id": 9}"""))}}]}
            """);

        Assert.AreEqual(1500, read.Findings.Count(AnnotationFault.UnknownImage));
        Assert.HasCount(1000, read.Findings.Found);
        var line = read.Findings.Describe().Single();
        StringAssert.StartsWith(line, "Annotations left out, of images that are not listed: 1,500. ");
        StringAssert.Contains(line, "annotation 3: no image has this id.");
        StringAssert.EndsWith(line, "And 1,497 others.");
    }

    private AnnotatedImages Read(string json, IReadOnlyList<string>? classNames = null) =>
        CocoFile.Read(_tree.Write("train/coco.json", Encoding.UTF8.GetBytes(json)), imageFolder: null, classNames);
}
