using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Saving;
using Microsoft.ML.Conformer.Detection.Scoring;
using Microsoft.ML.Conformer.Detection.Weights;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights.Safetensors;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Weight files become detectors without training.</summary>
[TestClass]
public sealed class DetectorWeightFileTests
{
    private static readonly MLContext _context = new(seed: 1);

    private readonly TemporaryFolder _folder = new();

    private static IEnumerable<object?[]> Manifests => GoldenFiles.OfKind("detection-checkpoints").Cases();

    private static IEnumerable<object[]> Shapes =>
    [
        .. Enum.GetValues<DetectionHead>().SelectMany(head => Backbones().Select((backbone, index) => new object[] { head, index })),
    ];

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Manifests))]
    public void APublishedCheckpointFindsWhatTheOfficialCodeFinds(string? manifest)
    {
        var folder = Path.GetDirectoryName(GoldenFiles.PathOf(manifest))!;
        foreach (var entry in GoldenFiles.Read(manifest).GetProperty("files").EnumerateObject())
        {
            var expectation = Path.Combine(folder, "..", entry.Value.GetProperty("expect").GetString()!);
            var golden = GoldenDetector.Open(Path.GetRelativePath(GoldenFiles.Folder, expectation));
            using (var model = _context.Model.LoadObjectDetector(
                Path.Combine(folder, entry.Name), weights: new() { Architecture = golden.Architecture, Rules = golden.Rules }))
            {
                CollectionAssert.AreEqual(
                    entry.Value.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).ToArray(),
                    model.ClassNames.ToArray());
                Assert.AreEqual((1344, 800), (model.LongestSide, model.ShortestSide));
                model.SaveAsOnnx(_folder.File("detector.onnx"));
            }
            using var graph = new RunGraph(_folder.File("detector.onnx"));
            foreach (var image in golden.Cases)
                DetectorGraphGoldenTests.CheckDetections(
                    golden.Rules, graph.Run(image.Pixels, [1, 3, image.PaddedHeight, image.PaddedWidth], image.Height, image.Width), image);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public void TheTensorsTellTheArchitecture(DetectionHead head, int backbone)
    {
        var expected = new DetectorArchitecture
        {
            Backbone = Backbones()[backbone],
            Head = head,
            NumClasses = 7,
            PyramidChannels = 24,
            HiddenWidth = HiddenWidthOf(head, 40),
        };

        Assert.AreEqual(expected, DetectorShape.Of("a file", DetectorPhoto.Weights(expected)));
    }

    [TestMethod]
    [DataRow(DetectionHead.MaskRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void AFileOfWeightsIsTheSameDetectorInAllItsForms(DetectionHead head)
    {
        var architecture = Small(head);
        Write("detector.safetensors", architecture);
        using var expected = new ObjectDetectorTransformer(
            _context, DetectorPhoto.Model(architecture), DetectorColumns.Default, new ScoringOptions());
        using var model = Load("detector.safetensors", DetectorPhoto.Classes);
        model.SaveAsOnnx(_folder.File("detector.onnx"));
        using var stored = _context.Model.LoadObjectDetector(_folder.File("detector.onnx"));
        var photos = DetectorPhoto.Set((128, 96), (60, 90));
        var data = _context.Data.LoadFromEnumerable(photos);
        _context.Model.Save(model, data.Schema, _folder.File("model.zip"));
        var zip = new MLContext().Model.Load(_folder.File("model.zip"), out _);
        using var opened = _context.Model.LoadObjectDetector(_folder.File("model.zip"));

        Assert.AreEqual(architecture, model.Architecture);
        Assert.IsGreaterThan(4, Rows(expected).Sum(row => row.Score.Length));
        foreach (var (name, one) in new (string, ITransformer)[]
        {
            ("weights", model), ("ONNX", stored), ("zip", zip), ("opened zip", opened),
        })
            foreach (var (row, actual) in Rows(expected).Zip(Rows(one)))
                DetectedRow.AssertSame(row, actual, 1e-6, $"{name}, photo {row.Number}");

        List<DetectedRow> Rows(ITransformer detector) =>
        [
            .. _context.Data.CreateEnumerable<DetectedRow>(detector.Transform(data), reuseRowObject: false, ignoreMissingColumns: true),
        ];
    }

    [TestMethod]
    public void ClassesAreThoseOfTheFileThoseOfCocoOrNumbers()
    {
        var (four, eighty) = (Small(DetectionHead.RetinaNet), Small(DetectionHead.RetinaNet) with { NumClasses = 80 });
        File.WriteAllBytes(_folder.File("named.pth"), TorchFile.ConstantWithClasses(four.StateDict(), "ant", "bee", "cat", "dog"));
        File.WriteAllBytes(_folder.File("named3.pth"), TorchFile.ConstantWithClasses(four.StateDict(), true, "ant", "bee", "cat", "dog"));
        Write("four.safetensors", four);
        Write("eighty.safetensors", eighty);

        Assert.AreEqual("ant bee cat dog", Classes("named.pth"));
        Assert.AreEqual("ant bee cat dog", Classes("named3.pth"));
        Assert.AreEqual("0 1 2 3", Classes("four.safetensors"));
        Assert.AreEqual("person bicycle car motorcycle airplane", string.Join(' ', Classes("eighty.safetensors").Split(' ')[..5]));
        Assert.AreEqual("ox pig rat yak", Classes("named.pth", "ox", "pig", "rat", "yak"));

        string Classes(string file, params string[] names)
        {
            using var model = Load(file, names is [] ? null : names);
            return string.Join(' ', model.ClassNames);
        }
    }

    [TestMethod]
    public void ClassNamesThatDoNotFitAreRefused()
    {
        var architecture = Small(DetectionHead.RetinaNet);
        File.WriteAllBytes(_folder.File("three.pth"), TorchFile.ConstantWithClasses(architecture.StateDict(), "ant", "bee", "cat"));
        File.WriteAllBytes(_folder.File("twice.pth"), TorchFile.ConstantWithClasses(architecture.StateDict(), "ant", "bee", "cat", "ant"));

        AssertRefused<CheckpointFormatException>(
            () => Load("three.pth"), "three.pth", "meta.CLASSES has 3 names", "4 classes", "ClassNames");
        AssertRefused<CheckpointFormatException>(() => Load("twice.pth"), "twice.pth", "'ant' 2 times", "ClassNames");
        AssertRefused<ArgumentException>(() => Load("twice.pth", ["ant"]), "ClassNames has 1 names", "twice.pth", "4 classes");
        AssertRefused<ArgumentException>(() => Load("twice.pth", ["ant", "ant", "bee", ""]), "'ant' 2 times", "empty name");
        using var model = Load("three.pth", DetectorPhoto.Classes);
        CollectionAssert.AreEqual(DetectorPhoto.Classes, model.ClassNames.ToArray());
    }

    [TestMethod]
    public void OtherWeightFilesAreRefused()
    {
        var architecture = Small(DetectionHead.FasterRcnn);
        Write("detector.safetensors", architecture);
        var bytes = File.ReadAllBytes(_folder.File("detector.safetensors"));
        File.WriteAllBytes(_folder.File("short.safetensors"), bytes[..^100]);
        WriteClassifier("classifier.pth");
        WriteTensors("narrow.safetensors", DetectorPhoto.Architecture(DetectionHead.FasterRcnn).StateDict());
        WriteTensors("lacking.safetensors", architecture.StateDict().Where(tensor => tensor.Name != "rpn_head.rpn_reg.bias"));
        WriteTensors("anchors.safetensors", (architecture with { AnchorScales = [4, 8] }).StateDict());

        AssertRefused<CheckpointFormatException>(() => Load("short.safetensors"), "short.safetensors", "cut short");
        AssertRefused<WeightMismatchException>(() => Load("classifier.pth"), "classifier.pth", "LoadImageClassifier");
        AssertRefused<WeightMismatchException>(() => Load("narrow.safetensors"), "narrow.safetensors", "24 channels", "Architecture");
        AssertRefused<WeightMismatchException>(
            () => Load("lacking.safetensors"), "lacking.safetensors", "rpn_head.rpn_reg.bias [12] is missing");
        AssertRefused<WeightMismatchException>(() => Load("anchors.safetensors"), "anchors.safetensors", "6 anchors", "Architecture");
    }

    [TestMethod]
    public void AnArchitectureSaysWhatTheTensorsCannot()
    {
        var architecture = Small(DetectionHead.FasterRcnn) with { AnchorScales = [4, 8], FinestScale = 14 };
        Write("anchors.safetensors", architecture);

        using var model = _context.Model.LoadObjectDetector(
            _folder.File("anchors.safetensors"), weights: new() { Architecture = architecture, LongestSide = 200, ShortestSide = 100 });

        Assert.AreEqual(architecture, model.Architecture);
        Assert.AreEqual((200, 100), (model.LongestSide, model.ShortestSide));
        AssertRefused<WeightMismatchException>(
            () => _context.Model.LoadObjectDetector(
                _folder.File("anchors.safetensors"), weights: new() { Architecture = Small(DetectionHead.MaskRcnn) }),
            "anchors.safetensors", "MaskRcnn");
    }

    [TestMethod]
    public void OptionsThatCannotBeMetAreAllNamed()
    {
        Write("detector.safetensors", Small(DetectionHead.FasterRcnn));
        using (var model = Load("detector.safetensors"))
            model.SaveAsOnnx(_folder.File("detector.onnx"));

        AssertRefused<ArgumentException>(
            () => _context.Model.LoadObjectDetector(_folder.File("detector.safetensors"), weights: new()
            {
                Architecture = Small(DetectionHead.FasterRcnn) with { HiddenWidth = 0 },
                Rules = new() { Overlap = 2 },
                ShortestSide = 2000,
                ClassNames = [""],
            }),
            "Architecture: HiddenWidth", "Rules: Overlap", "ShortestSide", "ClassNames");
        AssertRefused<ArgumentException>(
            () => _context.Model.LoadObjectDetector(
                _folder.File("detector.onnx"), weights: new() { Rules = new(), ClassNames = DetectorPhoto.Classes }),
            "Rules, ClassNames", "detector.onnx");
    }

    [TestMethod]
    public void AFileTellsWhetherItIsADetector()
    {
        Write("detector.safetensors", Small(DetectionHead.FasterRcnn));
        using (var model = Load("detector.safetensors"))
        {
            model.SaveAsOnnx(_folder.File("detector.onnx"));
            var chain = model.Append(
                _context.Transforms.Conversion.MapValue(
                    "Doubled", [new KeyValuePair<int, int>(1, 2)], nameof(DetectorPhoto.Number)).Fit(Photos));
            _context.Model.Save(chain, Photos.Schema, _folder.File("detector.zip"));
        }
        WriteClassifier("classifier.pth");
        var images = Tests.Scoring.Photo.View(_context, Tests.Scoring.Photo.Set(3));
        using (var classifier = Tests.Scoring.ScoringModel.Create(images))
        {
            classifier.SaveAsOnnx(_folder.File("classifier.onnx"));
            _context.Model.Save(classifier, images.Schema, _folder.File("classifier.zip"));
        }
        File.WriteAllText(_folder.File("text.zip"), "PK, but no zip");

        foreach (var name in (string[])["detector.safetensors", "detector.onnx", "detector.zip"])
            Assert.IsTrue(DetectorFile.IsOne(_folder.File(name)), name);
        foreach (var name in (string[])["classifier.pth", "classifier.onnx", "classifier.zip", "text.zip"])
            Assert.IsFalse(DetectorFile.IsOne(_folder.File(name)), name);
        using (var model = _context.Model.LoadObjectDetector(_folder.File("detector.zip")))
            Assert.AreEqual(Small(DetectionHead.FasterRcnn), model.Architecture);
        AssertRefused<InvalidDataException>(
            () => _context.Model.LoadObjectDetector(_folder.File("classifier.zip")), "classifier.zip", "LoadImageClassifier");
        AssertRefused<InvalidDataException>(() => _context.Model.LoadObjectDetector(_folder.File("text.zip")), "text.zip");
    }

    [TestMethod]
    public void DamageToAZipsDetectorIsFound()
    {
        Write("detector.safetensors", Small(DetectionHead.RetinaNet));
        using (var model = Load("detector.safetensors"))
            _context.Model.Save(model, Photos.Schema, _folder.File("detector.zip"));
        var bytes = File.ReadAllBytes(_folder.File("detector.zip"));
        for (var part = 1; part < 8; part++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[bytes.Length * part / 8] ^= 0x10;
            File.WriteAllBytes(_folder.File("damaged.zip"), damaged);
            AssertRefused<InvalidDataException>(() => _context.Model.LoadObjectDetector(_folder.File("damaged.zip")), "damaged.zip");
        }
        File.WriteAllBytes(_folder.File("short.zip"), bytes[..(bytes.Length / 2)]);
        AssertRefused<InvalidDataException>(() => _context.Model.LoadObjectDetector(_folder.File("short.zip")), "short.zip");
    }

    [TestMethod]
    public void OpeningEndsWhereItIsCanceled()
    {
        Write("detector.safetensors", Small(DetectionHead.FasterRcnn));

        Assert.ThrowsExactly<OperationCanceledException>(() => _context.Model.LoadObjectDetector(
            _folder.File("detector.safetensors"), weights: new() { CancellationToken = new(canceled: true) }));
    }

    private static IDataView Photos => _context.Data.LoadFromEnumerable(DetectorPhoto.Set((128, 96)));

    /// <summary>Of a width of which the tensors tell how many heads attend.</summary>
    private static DetectorArchitecture Small(DetectionHead head) => new()
    {
        Backbone = new ConformerArchitecture { ChannelRatio = 0.125, EmbedDim = 64, NumHeads = 1, Depth = 6, MlpRatio = 1 },
        Head = head,
        NumClasses = DetectorPhoto.Classes.Length,
        PyramidChannels = 16,
        HiddenWidth = HiddenWidthOf(head, 32),
    };

    /// <summary>RetinaNet has no such layer: the default stays.</summary>
    private static int HiddenWidthOf(DetectionHead head, int width) =>
        head == DetectionHead.RetinaNet ? new DetectorArchitecture { Backbone = new ConformerArchitecture() }.HiddenWidth : width;

    private static VisionArchitecture[] Backbones() =>
    [
        .. Enum.GetValues<ConformerVariant>().Select(variant => ConformerArchitecture.For(variant)),
        new ConformerArchitecture
        {
            PatchSize = 32, ChannelRatio = 0.25, BottlenecksPerBlock = 2, EmbedDim = 128, NumHeads = 2, Depth = 9, MlpRatio = 1.5,
            QkvBias = false, DownSampling = DownSampling.Convolution,
        },
        .. Enum.GetValues<ConTNetVariant>().Select(variant => ConTNetArchitecture.For(variant)).Select(published => published with
        {
            // They concern training alone.
            LastDropRate = 0,
            Stages = [.. published.Stages.Select(stage => stage with { DropRate = 0 })],
        }),
        ConTNetArchitecture.For(ConTNetVariant.Medium, imageSize: 96) with
        {
            DeepStem = true, AverageDown = true, RelativePositions = true, QkvBias = false,
        },
    ];

    private static void AssertRefused<T>(Action open, params string[] words) where T : Exception
    {
        var error = Assert.ThrowsExactly<T>(open);
        foreach (var word in words)
            StringAssert.Contains(error.Message, word);
    }

    private ObjectDetectorTransformer Load(string file, IReadOnlyList<string>? classNames = null) =>
        _context.Model.LoadObjectDetector(_folder.File(file), weights: new()
        {
            ClassNames = classNames,
            Rules = DetectorPhoto.Rules,
            LongestSide = 128,
            ShortestSide = 96,
        });

    private void WriteClassifier(string file) =>
        File.WriteAllBytes(_folder.File(file), TorchFile.Constant(ConformerArchitecture.For(ConformerVariant.Tiny).StateDict()));

    private void Write(string file, DetectorArchitecture architecture) => WriteTensors(file, architecture.StateDict());

    private void WriteTensors(string file, IEnumerable<NetworkTensor> tensors)
    {
        List<NetworkTensor> layout = [.. tensors];
        SafetensorsWriter.Write(
            _folder.File(file), layout,
            new FormulaWeights(layout.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray())));
    }
}
