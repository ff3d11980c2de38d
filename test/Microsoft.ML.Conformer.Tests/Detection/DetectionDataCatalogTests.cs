using System.Text;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Tests.Data.Folders;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Detection;

[TestClass]
public sealed class DetectionDataCatalogTests
{
    private const string Json = """
        {"images": [{"id": 1, "file_name": "a.png", "height": 40, "width": 50}, {"id": 2, "file_name": "b.png", "height": 4, "width": 5}],
         "categories": [{"id": 5, "name": "dog"}, {"id": 3, "name": "cat"}],
         "annotations": [
          {"id": 1, "image_id": 1, "category_id": 5, "bbox": [1.5, 2, 10, 20], "segmentation": [[1, 2, 11, 2, 11, 22, 1, 22]], "area": 123.5},
          {"id": 2, "image_id": 1, "category_id": 3, "bbox": [0, 0, 30, 30], "iscrowd": 1},
          {"id": 3, "image_id": 1, "category_id": 4, "bbox": [0, 0, 30, 30]}]}
        """;

    private readonly ImageTree _tree = new("a.png", "b.png");

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void CocoGivesTheColumnsOfObjectDetection()
    {
        var data = new MLContext(seed: 1).Data.LoadFromCoco(_tree.Write("coco.json", Encoding.UTF8.GetBytes(Json)));

        CollectionAssert.AreEqual(
            new[] { "ImagePath", "Label", "BoundingBoxes", "Masks", "IsCrowd", "Area" }, data.Schema.Select(column => column.Name).ToArray());
        var label = (VectorDataViewType)data.Schema["Label"].Type;
        Assert.IsFalse(label.IsKnownSize);
        Assert.AreEqual(2UL, ((KeyDataViewType)label.ItemType).Count);
        VBuffer<ReadOnlyMemory<char>> names = default;
        data.Schema["Label"].GetKeyValues(ref names);
        CollectionAssert.AreEqual(new[] { "cat", "dog" }, names.DenseValues().Select(name => name.ToString()).ToArray());
        CollectionAssert.AreEqual(
            new[] { _tree.File("a.png"), _tree.File("b.png") }, data.GetColumn<string>("ImagePath").ToArray());
        CollectionAssert.AreEqual(new uint[] { 2, 1 }, data.GetColumn<uint[]>("Label").First());
        CollectionAssert.AreEqual(
            new float[] { 1.5f, 2, 11.5f, 22, 0, 0, 30, 30 }, data.GetColumn<float[]>("BoundingBoxes").First());
        CollectionAssert.AreEqual(
            new[] { RunLengthMask.FromPolygons([[1, 2, 11, 2, 11, 22, 1, 22]], 40, 50).ToString(), "" },
            data.GetColumn<string[]>("Masks").First());
        CollectionAssert.AreEqual(new[] { false, true }, data.GetColumn<bool[]>("IsCrowd").First());
        CollectionAssert.AreEqual(
            new[] { 123.5f, 900 }, data.GetColumn<float[]>("Area").First(), "the file's own, and that of a box where it has none");
        Assert.IsEmpty(data.GetColumn<uint[]>("Label").Last());
        Assert.AreEqual(2L, data.GetRowCount());
    }

    [TestMethod]
    public void LabelsAreMappedBackToNamesByMlNet()
    {
        var context = new MLContext(seed: 1);
        var data = context.Data.LoadFromCoco(_tree.Write("coco.json", Encoding.UTF8.GetBytes(Json)));

        var mapped = context.Transforms.Conversion.MapKeyToValue("Names", "Label").Fit(data).Transform(data);

        CollectionAssert.AreEqual(new[] { "dog", "cat" }, mapped.GetColumn<string[]>("Names").First());
    }

    [TestMethod]
    public void TheLogSaysWhatWasReadAndWhatWasLeftOut()
    {
        var context = new MLContext();
        var lines = new List<string>();
        context.Log += (_, message) => lines.Add(message.RawMessage);
        var file = _tree.Write("coco.json", Encoding.UTF8.GetBytes(Json));

        context.Data.LoadFromCoco(file);

        CollectionAssert.Contains(lines, $"'{file}': 2 classes, 2 images, 2 objects.");
        StringAssert.Contains(string.Join('\n', lines), "image 'a.png', annotation 3: no category has the id '4'");
    }

    [TestMethod]
    public void VocAndYoloGiveTheSameColumns()
    {
        var context = new MLContext(seed: 1);
        _tree.Write("voc/JPEGImages/a.png", ImageFileBytes.Png(50, 40, new byte[4 * 50 * 40]));
        _tree.Write("voc/Annotations/a.xml", Encoding.UTF8.GetBytes("<annotation><object><name>cat</name><bndbox><xmin>11</xmin>" +
            "<ymin>6</ymin><xmax>20</xmax><ymax>25</ymax></bndbox></object></annotation>"));
        _tree.Write("yolo/images/a.png", ImageFileBytes.Png(50, 40, new byte[4 * 50 * 40]));
        _tree.Write("yolo/labels/a.txt", "0 0.3 0.375 0.2 0.5"u8.ToArray());

        foreach (var data in new[]
        {
            context.Data.LoadFromPascalVoc(_tree.File("voc")), context.Data.LoadFromYolo(_tree.File("yolo"), classNames: ["cat"]),
        })
        {
            CollectionAssert.AreEqual(new uint[] { 1 }, data.GetColumn<uint[]>("Label").Single());
            Assert.AreClose([10.0, 5, 20, 25], data.GetColumn<float[]>("BoundingBoxes").Single(), 1e-5, "box");
        }
    }

    [TestMethod]
    public void ClassNamesThatAreNotEachOnceAreRefused()
    {
        var data = new MLContext(seed: 1).Data;
        foreach (string[] names in new string[][] { [], ["cat", "cat"], [" "] })
            Assert.ThrowsExactly<ArgumentException>(() => data.LoadFromCoco(_tree.File("coco.json"), classNames: names));
        Assert.ThrowsExactly<FileNotFoundException>(() => data.LoadFromCoco(_tree.File("gone.json")));
    }
}
