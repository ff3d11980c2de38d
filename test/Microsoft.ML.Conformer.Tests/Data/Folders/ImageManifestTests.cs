using System.Text;

namespace Microsoft.ML.Conformer.Tests.Data.Folders;

[TestClass]
public sealed class ImageManifestTests
{
    private readonly ImageTree _tree = new("photos/1.png", "photos/2.png", "photos/3.png", "photos/a, \"b\".png");

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void TheColumnsOfACsvMayStandInAnyOrderAmongOthers()
    {
        Write("list.csv", "\uFEFFSplit,note,Label,Path\r\nTrain,\"two\nlines\",cat,photos/2.png\r\n" +
            "train,,dog,\"photos/a, \"\"b\"\".png\"\r\n" +
            $"valid,,cat,photos/1.png\r\nTESTING,,dog,{_tree.File("photos", "3.png")}\r\n");

        var splits = _tree.SplitManifest("list.csv");

        CollectionAssert.AreEqual(new[] { "photos/2.png|cat", "photos/a, \"b\".png|dog" }, _tree.Rows(splits.Training));
        CollectionAssert.AreEqual(new[] { "photos/1.png|cat" }, _tree.Rows(splits.Validation));
        CollectionAssert.AreEqual(new[] { "photos/3.png|dog" }, _tree.Rows(splits.Test));
        StringAssert.Contains(splits.Summary, "training is 'Train'; validation is 'valid'; test is 'TESTING'");
    }

    [TestMethod]
    public void JsonLinesSayTheSame()
    {
        Write("list.jsonl", """
            {"path": "photos/2.png", "label": "caf\u0065\u0301", "split": "train"}

            {"label": 7, "path": "photos/3.png", "split": "train", "width": 640}
            {"path": "photos/1.png", "label": "7", "split": "val"}
            """);

        var splits = _tree.SplitManifest("list.jsonl");

        CollectionAssert.AreEqual(new[] { "photos/3.png|7", $"photos/2.png|{"cafe\u0301".Normalize()}" }, _tree.Rows(splits.Training));
        CollectionAssert.AreEqual(new[] { "photos/1.png|7" }, _tree.Rows(splits.Validation));
        Assert.IsNull(splits.Test);
    }

    [TestMethod]
    [DataRow("sparse.jsonl")]
    [DataRow("sparse.csv")]
    [DoNotParallelize] // what is allocated is counted in the whole process
    public void AGigabyteWithoutAnEndOfLineIsNotReadIntoMemory(string name)
    {
        using (var sparse = File.Create(_tree.File(name)))
            sparse.SetLength(1L << 30);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _tree.SplitManifest(name));

        StringAssert.Contains(error.Message, $"'{_tree.File(name)}', line 1");
        Assert.IsLessThan(300_000_000, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    [TestMethod]
    public void AQuoteThatIsNotClosedEndsEarlyAndOneWithinAFieldMeansNothing()
    {
        Write("open.csv", "path,label\nphotos/1.png,\"" + string.Concat(Enumerable.Repeat("a\n", 2_000_000)));
        var fault = Assert.ThrowsExactly<InvalidDataException>(() => _tree.SplitManifest("open.csv"));
        StringAssert.Contains(fault.Message, "are quotes not closed?");

        Write("inch.csv", "path,label,note\n" + string.Concat(Enumerable.Repeat(
            "photos/1.png,cat,5\" pipe\nphotos/2.png,cat,5\"\" pipe\nphotos/3.png,cat,\"5\"\" pipe,\nof two lines\"\n", 2_000)));
        var count = _tree.SplitManifest("inch.csv").Classes.Single();
        Assert.AreEqual(6_000, count.Training + count.Validation + count.Test);
    }

    [TestMethod]
    public void WithoutSplitsTheImagesAreDrawnByClass()
    {
        Write("list.csv", "path,label\nphotos/1.png,cat\nphotos/2.png,cat\n");
        Write("list.jsonl", """
            {"path":"photos/2.png","label":"cat"}
            {"path":"photos/1.png","label":"cat","split":null}
            """);

        var splits = _tree.SplitManifest("list.csv");

        CollectionAssert.AreEqual(new[] { new ImageClassCount("cat", 1, 1, 0) }, splits.Classes.ToArray());
        StringAssert.Contains(splits.Summary, "training is the rest of 'list.csv'; validation is 20 % of each class");
        CollectionAssert.AreEqual(_tree.Rows(splits.Validation), _tree.Rows(_tree.SplitManifest("list.jsonl").Validation));
    }

    [TestMethod]
    [DataRow("a.csv", "label;path\n", "line 1: expected a header with the columns path and label")]
    [DataRow("b.csv", "", "line 1: expected a header")]
    [DataRow("c.csv", "path,label\n", "lists no images")]
    [DataRow("d.csv", "path,label\nphotos/1.png,cat\nphotos/2.png\n", "line 3: it has no label")]
    [DataRow("e.csv", "path,label\n\n\n,cat\nphotos/1.png,cat\n", "line 4: it has no path")]
    [DataRow("f.csv", "path,label,split\nphotos/1.png,cat,dev\n", "line 2: the split is 'dev'; it must be one of train, training, val,")]
    [DataRow("g.csv", "path,label,split\nphotos/1.png,cat,train\nphotos/2.png,cat,\n", "line 3: it has no split, and other lines have one")]
    [DataRow("h.csv", "path,label\nphotos/1.png,\"cat\nphotos/2.png,cat\n", "line 2: quotes are not closed")]
    [DataRow("i.csv", "path,label,split\nphotos/1.png,cat,val\n", "has 'val' alone. Add a part named train.")]
    [DataRow("j.csv", "path,label\nphotos/1.png,Cat\nphotos/2.png,cat\n", "differ in case only")]
    [DataRow("k.jsonl", "{\"path\": \"photos/1.png\", \"label\": \"cat\"}\n{\"path\": \n", "line 2: expected a JSON object such as {\"")]
    [DataRow("l.jsonl", "[1]\n", "line 1: expected a JSON object")]
    [DataRow("m.jsonl", "{\"path\": \"photos/1.png\", \"label\": [\"cat\"]}\n", "label is Array, not a text")]
    [DataRow("n.jsonl", "{\"path\": \"photos/1.png\", \"label\": \"\\ud800\"}\n", "line 1: expected a JSON object")]
    [DataRow("o.jsonl", "{\"path\": \"\\u0000\", \"label\": \"cat\"}\n", "line 1: the path has a character 0")]
    [DataRow("p.txt", "path,label\n", "is neither a folder nor a manifest, .csv or .jsonl")]
    public void ErrorsNameFileAndLine(string name, string content, string fault)
    {
        Write(name, content);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _tree.SplitManifest(name)).Message;

        StringAssert.Contains(error, fault);
        StringAssert.Contains(error, fault.StartsWith("line", StringComparison.Ordinal) ? $"'{_tree.File(name)}', " : _tree.Path);
    }

    [TestMethod]
    public void ImagesThatDoNotExistAreAnErrorWithTheirLine()
    {
        Write("list.csv", "path,label\nphotos/1.png,cat\nphotos/none.png,cat\nphotos/2.png,cat\nnowhere.png,dog\n");

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => _tree.SplitManifest("list.csv"));

        Assert.AreEqual(
            $"'{_tree.File("list.csv")}', line 3: there is no file '{_tree.File("photos", "none.png")}'; in all 2 are absent.",
            error.Message);
        Assert.AreEqual(_tree.File("photos", "none.png"), error.FileName);
    }

    [TestMethod]
    public void AnotherEncodingIsSaid()
    {
        _tree.Write("list.csv", Encoding.Latin1.GetBytes("path,label\nphotos/1.png,caf\u00E9\n"));

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => _tree.SplitManifest("list.csv")).Message,
            "line 2: it is not valid UTF-8; save the file in that encoding.");
    }

    private void Write(string name, string content) => _tree.Write(name, Encoding.UTF8.GetBytes(content));
}
