using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.LabelMaps;
using Microsoft.ML.Conformer.Tests.Data.Folders;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Detection.LabelMaps;

[TestClass]
public sealed class SegmentationDataCatalogTests
{
    private readonly ImageTree _tree = new();
    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _log = [];

    public SegmentationDataCatalogTests() => _context.Log += (_, message) => _log.Add(message.RawMessage);

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void ImagesAndMapsOfTheSameNamesBelongTogether()
    {
        Image("images/a.png", 3, 2);
        Image("images/inner/b.jpg.png", 2, 2);
        Map("labels/a.png", 3, 2, 0, 1, 2, 255, 0, 0);
        Map("labels/inner/b.jpg.png", 2, 2, 0, 0, 1, 1);

        var data = _context.Data.LoadSegmentation(_tree.File("images"), _tree.File("labels"), ["sky", "sea", "land"]);

        CollectionAssert.AreEqual(new[] { "ImagePath", "LabelMapPath" }, data.Schema.Select(column => column.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "images/a.png", "images/inner/b.jpg.png" }, Below(data, "ImagePath"));
        CollectionAssert.AreEqual(new[] { "labels/a.png", "labels/inner/b.jpg.png" }, Below(data, "LabelMapPath"));
        var (names, rule) = LabeledImageRow.ClassesOf(data.Schema["LabelMapPath"])!.Value;
        CollectionAssert.AreEqual(new[] { "sky", "sea", "land" }, names.ToArray());
        CollectionAssert.AreEqual(LabelRule.Plain(3).Classes.ToArray(), rule.Classes.ToArray());
        Assert.IsNull(LabeledImageRow.ClassesOf(data.Schema["ImagePath"]));
        Assert.IsTrue(_log.Any(line => line.Contains("3 classes, 2 images with label maps")));
    }

    [TestMethod]
    [DataRow(false, 4)]
    [DataRow(true, 3)]
    public void WithoutNamesThereAreAsManyClassesAsValues(bool reduceZeroLabel, int classes)
    {
        Image("images/a.png", 2, 2);
        Map("labels/a.png", 2, 2, 0, 3, 255, 1);

        var data = _context.Data.LoadSegmentation(_tree.File("images"), _tree.File("labels"), reduceZeroLabel: reduceZeroLabel);

        var (names, rule) = LabeledImageRow.ClassesOf(data.Schema["LabelMapPath"])!.Value;
        CollectionAssert.AreEqual(Enumerable.Range(0, classes).Select(index => $"{index}").ToArray(), names.ToArray());
        Assert.AreEqual(reduceZeroLabel ? 255 : 0, rule.Classes[0]);
    }

    [TestMethod]
    public void WhatCannotBeUsedIsLeftOutAndToldByItsName()
    {
        foreach (var name in (string[])["good", "lonely", "small", "wrong", "colored", "damaged"])
            Image($"images/{name}.png", 2, 2);
        _tree.Write("images/broken.png", [1, 2, 3]);
        Map("labels/good.png", 2, 2, 0, 1, 1, 255);
        Map("labels/broken.png", 2, 2, 0, 1, 1, 255);
        Map("labels/small.png", 1, 2, 0, 1);
        Map("labels/wrong.png", 2, 2, 0, 1, 7, 7);
        Image("labels/colored.png", 2, 2);
        _tree.Write("labels/damaged.png", PngBytes.Indices(2, 2, [0, 1, 0, 1])[..60]);
        Map("labels/orphan.png", 2, 2, 0, 0, 0, 0);

        var data = _context.Data.LoadSegmentation(_tree.File("images"), _tree.File("labels"), ["a", "b"]);

        CollectionAssert.AreEqual(new[] { "images/good.png" }, Below(data, "ImagePath"));
        void IsTold(params string[] parts) =>
            Assert.IsTrue(_log.Any(line => parts.All(line.Contains)), $"{string.Join(", ", parts)}:\n{string.Join('\n', _log)}");
        IsTold("no label map", "lonely.png");
        IsTold("another size", "small.png", "1 x 2 pixels, the image 2 x 2");
        IsTold("no class", "wrong.png", "2 pixels", "the first one 7 at x 0, y 1");
        IsTold("cannot be read", "colored.png", "colors");
        IsTold("cannot be read", "damaged.png");
        IsTold("cannot be used", "broken.png");
        IsTold("orphan.png", "no image of this name");
    }

    [TestMethod]
    public void AFolderOfAde20KHasItsClassesInATable()
    {
        _tree.Write("objectInfo150.txt", "Idx\tRatio\tTrain\tVal\tName\n1\t0.1\t11\t1\twall\n2\t0.1\t6\t1\tbuilding, house\n"u8.ToArray());
        Image("images/training/x.png", 2, 1);
        Map("annotations/training/x.png", 2, 1, 0, 2);

        var data = _context.Data.LoadSegmentationFromAde20K(_tree.Path);

        var (names, rule) = LabeledImageRow.ClassesOf(data.Schema["LabelMapPath"])!.Value;
        CollectionAssert.AreEqual(new[] { "wall", "building" }, names.ToArray());
        CollectionAssert.AreEqual(new[] { 255, 0, 1, -1 }, rule.Classes.Take(4).ToArray());
    }

    [TestMethod]
    public void AFolderOfCityscapesHasNineteenClassesOfIds()
    {
        Image("leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit.png", 3, 1);
        Map("gtFine/val/ulm/ulm_000000_000019_gtFine_labelIds.png", 3, 1, 7, 33, 4);
        Map("gtFine/val/ulm/ulm_000000_000019_gtFine_instanceIds.png", 3, 1, 77, 77, 77);

        var data = _context.Data.LoadSegmentationFromCityscapes(_tree.Path, "val");

        CollectionAssert.AreEqual(new[] { "gtFine/val/ulm/ulm_000000_000019_gtFine_labelIds.png" }, Below(data, "LabelMapPath"));
        var (names, rule) = LabeledImageRow.ClassesOf(data.Schema["LabelMapPath"])!.Value;
        Assert.HasCount(19, names);
        var classes = rule.Apply(LabelMap.Read(data.GetColumn<string>("LabelMapPath").Single())).Values;
        Assert.AreEqual(("road", "bicycle", 255), (names[classes[0]], names[classes[1]], classes[2]));
        Assert.IsFalse(_log.Any(line => line.Contains("instanceIds")));
    }

    [TestMethod]
    public void AFolderOfPascalVocHasTheImagesOfItsList()
    {
        _tree.Write("ImageSets/Segmentation/train.txt", "b\na\nmissing\n\n"u8.ToArray());
        foreach (var name in (string[])["a", "b", "c"])
        {
            Image($"JPEGImages/{name}.png", 2, 1);
            Map($"SegmentationClass/{name}.png", 2, 1, 20, 255);
        }

        var data = _context.Data.LoadSegmentationFromPascalVoc(_tree.Path);

        CollectionAssert.AreEqual(new[] { "JPEGImages/b.png", "JPEGImages/a.png" }, Below(data, "ImagePath"));
        Assert.AreEqual("tvmonitor", LabeledImageRow.ClassesOf(data.Schema["LabelMapPath"])!.Value.ClassNames[20]);
        Assert.IsTrue(_log.Any(line => line.Contains("'missing'")));
    }

    [TestMethod]
    public void WhereNothingCanBeUsedTheReasonIsSaid()
    {
        Image("images/a.png", 2, 2);
        Directory.CreateDirectory(_tree.File("labels"));
        IDataView Load(string labels, params string[] names) =>
            _context.Data.LoadSegmentation(_tree.File("images"), _tree.File(labels), names.Length == 0 ? null : names);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load("labels")).Message, "a.png");
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => Load("none")).Message, "none");
        Assert.ThrowsExactly<ArgumentException>(() => Load("labels", "a", "a"));
        Assert.ThrowsExactly<ArgumentException>(() => Load("labels", [.. Enumerable.Range(0, 256).Select(i => $"{i}")]));
    }

    private void Image(string file, int width, int height) =>
        _tree.Write(file, ImageFileBytes.Png(width, height, new byte[4 * width * height]));

    private void Map(string file, int width, int height, params byte[] values) =>
        _tree.Write(file, PngBytes.Indices(width, height, values));

    private string[] Below(IDataView data, string column) =>
        [.. data.GetColumn<string>(column).Select(path => Path.GetRelativePath(_tree.Path, path).Replace('\\', '/'))];
}
