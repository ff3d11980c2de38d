using System.Text;
using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Data;

namespace Microsoft.ML.Conformer.Tests.Detection.Data;

/// <summary>What is found in annotated images, and how it is told.</summary>
[TestClass]
public sealed class DetectionDataCheckTests
{
    private const string Json = """
        {"images": [{"id": 1, "file_name": "a.png", "height": 96, "width": 128}, {"id": 2, "file_name": "b.png", "height": 90, "width": 128},
           {"id": 3, "file_name": "gone.png", "height": 9, "width": 9}, {"id": 4, "file_name": "text.png", "height": 99, "width": 99},
           {"id": 5, "file_name": "copy.png", "height": 96, "width": 128}],
         "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
         "annotations": [
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 20]}, {"id": 2, "image_id": 2, "category_id": 1, "bbox": [1, 2, 9, 9]},
          {"id": 3, "image_id": 1, "category_id": 7, "bbox": [1, 2, 10, 20]}, {"id": 4, "image_id": 1, "category_id": 2, "bbox": [1, 2, 0, 0]},
          {"id": 5, "image_id": 4, "category_id": 1, "bbox": [120, 2, 10, 20]}, {"id": 6, "image_id": 4, "category_id": 1, "bbox": [90, 2, 30, 9]}]}
        """;

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ItTellsWhatTheReaderLeavesOutAndWhatIsWrongWithFilesAndClasses()
    {
        var report = new MLContext().Data.CheckCoco(Write(), options: new ImageCheckOptions { MinImagesPerClass = 2 });

        var counts = report.FindingCounts.ToDictionary(one => one.Kind, one => one.Count);
        CollectionAssert.AreEquivalent(new[]
        {
            (DetectionDataFindingKind.MissingImage, 1), (DetectionDataFindingKind.UnreadableImage, 1), (DetectionDataFindingKind.OtherSize, 1),
            (DetectionDataFindingKind.UnknownClass, 1), (DetectionDataFindingKind.TinyBox, 1), (DetectionDataFindingKind.BoxOutside, 1),
            (DetectionDataFindingKind.ClippedBox, 1), (DetectionDataFindingKind.SameFiles, 1), (DetectionDataFindingKind.FewImages, 1),
            (DetectionDataFindingKind.NoObjects, 1),
        }, counts.Select(one => (one.Key, one.Value)).ToArray());
        Assert.IsTrue(report.HasErrors);
        CollectionAssert.AreEqual(
            new[] { new DetectionClassCount("cat", 3, 3), new DetectionClassCount("dog", 0, 0) }, report.Classes.ToArray());
        var size = report.Findings.Single(finding => finding.Kind == DetectionDataFindingKind.OtherSize);
        Assert.AreEqual("It has 128 x 96 pixels; its annotations say 128 x 90.", size.Message);
        CollectionAssert.AreEqual(new[] { _folder.File("b.png") }, size.ImagePaths.ToArray());
        CollectionAssert.AreEqual(report.Findings.Select(one => one.Severity).OrderDescending().ToArray(),
            report.Findings.Select(one => one.Severity).ToArray());
        StringAssert.Contains(report.Summary, "2 classes, 4 images, 3 objects");
        StringAssert.Contains(report.Summary, "error    images without a file");
    }

    [TestMethod]
    public void FilesHaveTheFindings()
    {
        var report = new MLContext().Data.CheckCoco(Write());
        report.SaveJson(_folder.File("check.json"));
        report.SaveHtml(_folder.File("check.html"));

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.File("check.json")));
        Assert.AreEqual(report.Findings.Count, json.RootElement.GetProperty("findings").GetArrayLength());
        var page = File.ReadAllText(_folder.File("check.html"));
        foreach (var kind in report.FindingCounts)
            StringAssert.Contains(page, $"<h2 id=\"{kind.Kind}\">");
        StringAssert.Contains(page, "data:image/jpeg;base64,");
    }

    [TestMethod]
    public void EveryFaultOfTheReadersHasAKindAndEveryKindItsWords()
    {
        // Those of label maps, which the check does not look at, come last.
        foreach (var fault in Enum.GetValues<AnnotationFault>().TakeWhile(fault => fault != AnnotationFault.MissingLabelMap))
            Assert.AreEqual($"{fault}", $"{Microsoft.ML.Conformer.Detection.Checking.DetectionFindingInfo.KindOf(fault)}");
        var words = Enum.GetValues<DetectionDataFindingKind>().Select(Microsoft.ML.Conformer.Detection.Checking.DetectionFindingInfo.Of).ToList();
        Assert.HasCount(words.Count, words.Select(word => word.Title).Distinct().ToList());
        CollectionAssert.AreEqual(words.Select(word => word.Severity).OrderDescending().ToArray(), words.Select(word => word.Severity).ToArray());
    }

    private string Write()
    {
        var photo = DetectorPhoto.Rgb(0, (128, 96)).ToPng();
        File.WriteAllBytes(_folder.File("a.png"), photo);
        File.WriteAllBytes(_folder.File("copy.png"), photo);
        File.WriteAllBytes(_folder.File("b.png"), DetectorPhoto.Rgb(1, (128, 96)).ToPng());
        File.WriteAllText(_folder.File("text.png"), "no image");
        File.WriteAllBytes(_folder.File("coco.json"), Encoding.UTF8.GetBytes(Json));
        return _folder.File("coco.json");
    }
}
